@testable import SparseFormat

extension FuzzTarget {
    /// A target for each kind of record. The input is a value. It is decoded unchanged and, to get past the checksum,
    /// with a correct one. A decoded value must encode to the same bytes.
    static let records: [FuzzTarget] = RecordKind.allCases.map { kind in
        FuzzTarget(
            name: "record-\(kind)",
            seeds: { try samples(of: kind).map(\.value) },
            run: { bytes in
                let all = try samples(of: kind)
                // Use a sample that allows several encodings, if the kind has one: for chunks, the one with all codecs.
                guard let sample = all.last(where: { !$0.isCanonical }) ?? all.first else {
                    throw Finding("no sample of \(kind)")
                }
                for value in [Array(bytes), sample.resealed(Array(bytes))] {
                    // A separate allocation of this length, so that reading one byte too far is detected.
                    let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: value.count, alignment: 1)
                    defer { exact.deallocate() }
                    exact.copyBytes(from: value)
                    try Finding.unless(
                        sample.answer(UnsafeRawBufferPointer(exact)) != .wrong, "neither refused nor read: \(kind)")
                }
            })
    }

    /// The samples of the format's tests, which never change. All inputs of a kind use the location of its sample.
    private static func samples(of kind: RecordKind) throws -> [Sample] {
        try sampleSets.get()[kind.rawValue, default: []]
    }

    // Samples have closures, which do not change.
    nonisolated(unsafe) private static let sampleSets = Result {
        var random = SeededGenerator(1)
        return Dictionary(grouping: try Samples.all(&random)) { $0.value[8] }
    }
}
