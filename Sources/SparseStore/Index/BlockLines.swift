internal import SparseFormat

/// The lines of a document in a block index: its components by number, the heaviest first, with codes.
struct BlockLines {
    private let sources: BlockSources
    private let quantisers: [ImpactQuantiser]

    init(_ sources: BlockSources) {
        self.sources = sources
        quantisers = sources.maxima.map { ImpactQuantiser(maximum: $0) }
    }

    func components(of place: DocumentPlace) throws -> [(number: UInt16, code: UInt8)] {
        var weights: [(weight: Float, number: UInt16)] = []
        try forEachComponent(of: place) { weights.append(($1, $0)) }
        // Weights in records are not verified.
        guard weights.allSatisfy({ Limits.weights.contains($0.weight) }) else { throw FormatError(.weightInRange) }
        return Self.components(weights, quantisers)
    }

    /// - Parameters:
    ///   - weights: The weights, from 1e-15 to 1e15.
    ///   - quantisers: The quantizers by term number.
    static func components(
        _ weights: [(weight: Float, number: UInt16)], _ quantisers: [ImpactQuantiser]
    ) -> [(number: UInt16, code: UInt8)] {
        weights.sorted { $0.weight != $1.weight ? $0.weight > $1.weight : $0.number < $1.number }
            // A code of 0 would end the line.
            .map { ($0.number, max(1, quantisers[Int($0.number)].code($0.weight))) }
    }

    private func forEachComponent(of place: DocumentPlace, _ body: (UInt16, Float) -> Void) throws {
        let numbers = sources.numbers[place.member]
        switch try sources.view.vector(of: place) {
        case .record(let record):
            for index in 0..<record.count {
                // Positions in records are not verified.
                let position = record.position(index)
                guard position < numbers.count else { throw FormatError(.forwardRecords, "a term past the last") }
                body(numbers[position], record.weight(index))
            }
        case .document(let document):
            let directory = sources.view.members[place.member].segment.directory
            try document.forEachComponent() { term, weight in
                if let position = directory.find(term) { body(numbers[position], weight) }
            }
        }
    }
}
