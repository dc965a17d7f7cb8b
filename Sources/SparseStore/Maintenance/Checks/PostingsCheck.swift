internal import LMDB
internal import SparseFormat

/// Checks that every list has exactly the postings that result from the exact vectors of the window's documents, in the
/// order and with the codes, maximum, and averages that FORMAT.md specifies (I112).
enum PostingsCheck: VerificationCheck {
    static let name = "postings"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let read: EncoderRecord?? = try verification.attempt(.meta, Keys.encoder) {
            try MetaTable(tables: verification.tables, reader: verification.reader).encoder()
        }
        guard let encoder = read else { return verification.skip("the postings, because the encoder cannot be read") }
        try verification.forEachWindow(manifest, otherwise: "the postings") { window, _ in
            guard (window.directory.referenceLength > 0) == (encoder?.bm25 != nil) else {
                verification.broken(
                    .postings, .segments, Keys.segmentPrefix(window.id),
                    "the impacts of segment \(window.id) do not match the scoring of the encoder")
                return
            }
            for positions in slices(of: window.directory) {
                guard let expected = try ExpectedLists(window, positions, encoder?.bm25, verification) else {
                    verification.skip("the postings of segment \(window.id), because its exact vectors cannot be read")
                    return
                }
                for position in positions { try compare(position, window, expected, verification) }
            }
            checkPlaces(window, verification)
        }
    }

    /// Returns ranges of terms whose lists can be computed at once.
    private static func slices(of directory: WindowDirectory) -> [Range<Int>] {
        var slices: [Range<Int>] = []
        var begin = 0
        var postings = 0
        for position in 0..<directory.count {
            let count = Int(directory.entry(at: position).count)
            let isFull =
                postings + count > ExpectedLists.maximumPostings
                || position - begin == ExpectedLists.maximumTerms
            if isFull, position > begin {
                slices.append(begin..<position)
                (begin, postings) = (position, 0)
            }
            postings += count
        }
        return slices + [begin..<directory.count]
    }

    private static func compare(
        _ position: Int, _ window: WindowSegment, _ expected: ExpectedLists, _ verification: Verification
    ) throws {
        let entry = window.directory.entry(at: position)
        let key = Keys.segment(window.id, part: SegmentTable.Part.chunk.rawValue, index: UInt32(entry.chunk))
        try verification.visit(.segments, key)
        guard let list = try verification.attempt(.segments, key, { try window.postings(at: position) }) else { return }
        guard let problem = expected.problem(of: list, at: position) else { return }
        verification.broken(
            .postings, .segments, key,
            "the list of term \(window.directory.term(at: position)) in segment \(window.id): \(problem)")
    }

    /// Checks that lists are in the order of their terms and do not overlap.
    private static func checkPlaces(_ window: WindowSegment, _ verification: Verification) {
        var end: (chunk: UInt16, offset: Int) = (0, 0)
        for position in 0..<window.directory.count {
            let entry = window.directory.entry(at: position)
            if (entry.chunk, Int(entry.offset)) < (end.chunk, end.offset) {
                verification.broken(
                    .postings, .segments, Keys.segmentPrefix(window.id),
                    "the list of term \(window.directory.term(at: position)) in segment \(window.id) overlaps "
                        + "another")
            }
            end = (entry.chunk, Int(entry.offset) + entry.byteCount(documents: window.documentCount))
        }
    }
}
