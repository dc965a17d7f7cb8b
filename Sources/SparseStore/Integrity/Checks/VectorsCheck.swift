internal import LMDB
internal import SparseFormat

/// Checks that each stored document has exactly one place in the index, with its identifier and vector, and that all
/// other places are dead (I103, I114).
enum VectorsCheck: VerificationCheck {
    static let name = "vectors"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        var documents = LiveNumbers(try verification.reader.cursor(.documents), verification)
        try documents.advance()
        for entry in manifest.segments {
            try documents.skip(below: entry.firstDocument) { outside($0, verification) }
            guard let window = try verification.window(entry), let dead = try verification.marks(.removed, of: window)
            else {
                verification.skip("the vectors of segment \(entry.id), because it cannot be opened")
                try documents.skip(below: entry.lastDocument &+ 1) { _ in }
                continue
            }
            try RecordPlaces(window).check(verification)
            for rank in 0..<window.numbers.count {
                let number = window.numbers.number(rank: rank)
                let ordinal = window.numbers.ordinal(rank: rank)
                try documents.skip(below: number) { outside($0, verification) }
                let isStored = documents.number == number
                if isStored == dead.contains(ordinal) {
                    verification.broken(
                        .membership, in: .documents, at: Keys.document(number),
                        isStored
                            ? "document \(number) is stored, but has a tombstone in segment \(entry.id)"
                            : "document \(number) is not stored, but has no tombstone in segment \(entry.id)")
                } else if isStored {
                    try compare(number, ordinal: ordinal, window: window, verification: verification)
                }
                if isStored { try documents.advance() }
            }
            try documents.skip(below: entry.lastDocument &+ 1) { outside($0, verification) }
        }
        try documents.skipAll { outside($0, verification) }
    }

    private static func outside(_ number: UInt64, _ verification: Verification) {
        verification.broken(
            .membership, in: .documents, at: Keys.document(number), "document \(number) is stored, but is in no segment"
        )
    }

    private static func compare(
        _ number: UInt64, ordinal: Int, window: WindowSegment,
        verification: Verification
    ) throws {
        let key = Keys.document(number)
        let table = verification.reader.documents
        let stored: (vector: SparseVector, identifier: String)?? = try verification.attempt(in: .documents, at: key) {
            try table.view(number).map { (try $0.vector(), try $0.identifier) }
        }
        guard case .some(.some(let document)) = stored else { return }
        guard !window.isCompact else {
            // Its lists are compared with what the directory has; a term that it lacks would not be missed.
            if document.vector.terms.contains(where: { window.directory.find($0) == nil }) {
                verification.broken(
                    .postings, in: .segments, at: Keys.segmentPrefix(window.id),
                    "a term of document \(number) has no list in segment \(window.id)")
            }
            return
        }
        _ = try verification.attempt(in: .segments, at: Keys.segmentPrefix(window.id)) {
            let record = try window.record(at: ordinal)
            func broken(_ what: String) {
                verification.broken(
                    .vectors, in: .segments, at: Keys.segmentPrefix(window.id),
                    "\(what) of document \(number) in segment \(window.id), ordinal \(ordinal), "
                        + "does not match the document"
                )
            }
            guard try record.identifier().utf8.elementsEqual(document.identifier.utf8) else {
                return broken("the identifier")
            }
            guard record.count == document.vector.count else { return broken("the number of terms") }
            for index in 0..<record.count {
                let position = record.position(index)
                guard position < window.directory.count,
                    window.directory.term(at: position) == document.vector.terms[index]
                else { return broken("a term") }
                guard record.weight(index).bitPattern == document.vector.weights[index].bitPattern else {
                    return broken("a weight")
                }
            }
        }
    }
}

/// The numbers of the stored documents in ascending order.
private struct LiveNumbers: ~Copyable {
    private let verification: Verification
    private var cursor: LMDBCursor
    /// The next number; nil at the end.
    private(set) var number: UInt64?

    /// Creates a sequence that is positioned before the first number until `advance` is called.
    init(_ cursor: consuming LMDBCursor, _ verification: Verification) {
        self.cursor = cursor
        self.verification = verification
    }

    /// Skips the numbers below a limit, and passes each to `body`.
    mutating func skip(below limit: UInt64, _ body: (UInt64) -> Void) throws {
        while let number, number < limit {
            body(number)
            try advance()
        }
    }

    fileprivate mutating func skipAll(_ body: (UInt64) -> Void) throws {
        while let number {
            body(number)
            try advance()
        }
    }

    mutating func advance() throws {
        let last = number.map(Keys.document) ?? []
        number = nil
        // Keys of another length are found among the values.
        while let entry = try next(after: last) {
            try verification.visit(.documents, entry.key)
            if let number = try? Keys.documentNumber(entry.key) {
                self.number = number
                return
            }
        }
    }

    private mutating func next(after last: [UInt8]) throws(LMDBError) -> LMDBCursor.Entry? {
        try verification.move(.documents, after: last) { () throws(LMDBError) in try cursor.next() }
    }
}

/// The exact vectors of a window by directory position, read from wherever the window stores them.
struct WindowVectors {
    private let window: WindowSegment
    private let documents: DocumentTable

    init(_ window: WindowSegment, _ verification: Verification) {
        self.window = window
        documents = verification.reader.documents
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
