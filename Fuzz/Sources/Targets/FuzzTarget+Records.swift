@testable import SparseFormat

extension FuzzTarget {
    /// A target for each kind of record: the input is a value. It is decoded as it is and, to get behind the checksum,
    /// with a right one. What decodes must encode to itself.
    static let records: [FuzzTarget] = RecordKind.allCases.map { kind in
        FuzzTarget(
            name: "record-\(kind)",
            seeds: { try samples(of: kind).map(\.value) },
            run: { bytes in
                let all = try samples(of: kind)
                // One that allows for several encodings, if the kind has such: of chunks the one that knows all codecs.
                guard let sample = all.last(where: { !$0.isCanonical }) ?? all.first else {
                    throw Finding("no sample of \(kind)")
                }
                for value in [Array(bytes), sample.resealed(Array(bytes))] {
                    // An allocation of its own and of this length, so that one byte too far is seen.
                    let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: value.count, alignment: 1)
                    defer { exact.deallocate() }
                    exact.copyBytes(from: value)
                    try Finding.unless(
                        sample.answer(UnsafeRawBufferPointer(exact)) != .wrong, "neither refused nor read: \(kind)")
                }
            })
    }

    /// The samples of the format's tests, always the same. The place of one is that of every input.
    private static func samples(of kind: RecordKind) throws -> [Sample] {
        try sampleSets.get()[kind.rawValue, default: []]
    }

    // Samples hold closures, which nobody changes.
    nonisolated(unsafe) private static let sampleSets = Result {
        var random = SeededGenerator(1)
        return Dictionary(grouping: try Samples.all(&random)) { $0.value[8] }
    }
}
