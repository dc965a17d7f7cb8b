import Measure

@testable import SparseFormat
@testable import SparseStore

/// The loops over exact vectors, checksums, and those of building.
extension Material {
    func vectorKernels() throws -> [Kernel] {
        try records() + storedDocuments() + checksums() + building()
    }

    private func records() throws -> [Kernel] {
        let best = try bestOrdinals()
        var random = Chance(seed: 1)
        let anywhere = (0..<20_000).map { _ in Int(random.next() % UInt64(segment.documentCount)) }
        let others = stride(from: 0, to: anywhere.count, by: 500).map { Array(anywhere[$0..<$0 + 500]) }
        let bytes = segment.isWide ? 8.0 : 6.0
        func kernel(
            _ data: String, _ ordinals: [[Int]], using optimizations: Optimizations = .all
        ) throws -> Kernel {
            let components = try ordinals.joined().reduce(0) { try $0 + segment.record(at: $1).count }
            return Kernel(
                name: optimizations.contains(.weightTable) ? "ForwardRecord.score" : "scoring by merging", data: data,
                element: "component", count: components, bytes: bytes,
                pass: { try score(ordinals, using: optimizations) })
        }
        return [
            try kernel("the \(Self.best) best of a query, in the cache", Array(best.prefix(1))),
            try kernel("the same", Array(best.prefix(1)), using: .all.without(.weightTable)),
            try kernel("the \(Self.best) best of each query", best),
            try kernel("20,000 at random", others),
        ]
    }

    /// Scores some documents for each query.
    private func score(_ ordinals: [[Int]], using optimizations: Optimizations) throws {
        scratch.optimizations = optimizations
        defer { scratch.optimizations = .all }
        for (query, ordinals) in zip(queries, ordinals) {
            let scorer = DocumentScorer(segment, query, scoring: nil, scratch: scratch)
            defer { scorer.finish() }
            for ordinal in ordinals { _ = try scorer.score(.record(segment.record(at: ordinal))) }
        }
    }

    /// The scoring of documents in compact segments, from the stored documents of the same ordinals.
    private func storedDocuments() throws -> [Kernel] {
        var numbers: [Int: UInt64] = [:]
        segment.numbers.forEach { numbers[$1] = $0 }
        let wanted = try bestOrdinals().map { $0.compactMap { numbers[$0] } }
        // Valid while the snapshot is held.
        let views = try wanted.map { try $0.map(snapshot.view.document) }
        let all = Array(views.joined())
        let weights = [Float](repeating: 0.5, count: Int(ScanScratch.termWeightCount))
        return [
            Kernel(
                name: "opening a stored document", data: "the \(Self.best) best of each query: lookup, checksum",
                element: "document", count: all.count,
                pass: { [snapshot] in for number in wanted.joined() { _ = try snapshot.view.document(number) } }),
            Kernel(
                name: "DocumentView.score", data: "the same, opened before", element: "component",
                count: all.reduce(0) { $0 + $1.termCount },
                pass: {
                    try weights.withUnsafeBufferPointer { weights in
                        guard let base = weights.baseAddress else { return }
                        for view in all { _ = try view.score(base, termLimit: ScanScratch.termWeightCount) }
                    }
                }),
        ]
    }

    private func checksums() -> [Kernel] {
        // The time does not depend on the content.
        let value = (0..<segment.forwardChunkBytes).map { UInt8(truncatingIfNeeded: $0) }
        return [1_024, value.count].map { length in
            Kernel(
                name: "XXH64", data: "\(length) bytes, in the cache", element: "byte", count: length, bytes: 1,
                pass: {
                    value.withUnsafeBytes { bytes in
                        _ = XXH64.hash(UnsafeRawBufferPointer(rebasing: bytes.prefix(length)), seed: 0)
                    }
                })
        }
    }

    private func building() throws -> [Kernel] {
        var (slots, weights, ends): ([UInt32], [Float], [Int]) = ([], [], [])
        for ordinal in 0..<min(20_000, segment.documentCount) {
            let record = try segment.record(at: ordinal)
            for index in 0..<record.count {
                slots.append(UInt32(record.position(index)))
                weights.append(record.weight(index))
            }
            ends.append(slots.count)
        }
        let data = "\(ends.count) documents"
        let order = DocumentOrder(numbers: slots, weights: weights, ends: ends, termCount: directory.count)
        func kernel(_ name: String, _ pass: @escaping () throws -> Void) -> Kernel {
            Kernel(name: name, data: data, element: "component", count: weights.count, pass: pass)
        }
        return [
            kernel("LevelAssignment") { [weights, ends] in _ = LevelAssignment(weights, ends) },
            kernel("DocumentOrder") { _ = try order.positions(seed: 7) },
        ]
    }
}
