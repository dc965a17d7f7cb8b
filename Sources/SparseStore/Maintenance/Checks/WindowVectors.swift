internal import LMDB
internal import SparseFormat

/// The exact vectors of a window by directory position, read from wherever the window stores them.
struct WindowVectors {
    private let window: WindowSegment
    private let documents: DocumentTable

    init(_ window: WindowSegment, _ verification: Verification) {
        self.window = window
        documents = DocumentTable(tables: verification.tables, reader: verification.reader)
    }

    struct Vector {
        /// The position of each component in the directory; -1 for a term that is missing.
        var positions: [Int]
        var weights: [Float]
    }

    /// Returns the vector at an ordinal; nil if a compact window's document is gone.
    func vector(at ordinal: Int) throws -> Vector? {
        guard window.isCompact else {
            let record = try window.record(at: ordinal)
            return Vector(
                positions: (0..<record.count).map(record.position), weights: (0..<record.count).map(record.weight))
        }
        guard let vector = try documents.view(window.number(of: ordinal))?.vector() else { return nil }
        return Vector(positions: vector.terms.map { window.directory.find($0) ?? -1 }, weights: vector.weights)
    }
}
