internal import LMDB
internal import SparseFormat

/// Checks that every list has exactly the postings that result from the exact vectors of the window's documents, in the
/// order and with the codes, maximum, and averages that FORMAT.md specifies (I112).
enum PostingsCheck: VerificationCheck {
    static let name = "postings"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let read: EncoderRecord?? = try verification.attempt(in: .meta, at: Keys.encoder) {
            try verification.reader.meta.encoder()
        }
        guard let encoder = read else { return verification.skip("the postings, because the encoder cannot be read") }
        try verification.forEachWindow(manifest, otherwise: "the postings") { window, _ in
            guard (window.directory.referenceLength > 0) == (encoder?.bm25 != nil) else {
                verification.broken(
                    .postings, in: .segments, at: Keys.segmentPrefix(window.id),
                    "the impacts of segment \(window.id) do not match the scoring of the encoder")
                return
            }
            for positions in slices(of: window.directory) {
                guard
                    let expected = try ExpectedLists(
                        window, positions: positions, bm25: encoder?.bm25, verification: verification)
                else {
                    verification.skip("the postings of segment \(window.id), because its exact vectors cannot be read")
                    return
                }
                for position in positions {
                    try compare(position, window: window, expected: expected, verification: verification)
                }
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
        _ position: Int, window: WindowSegment, expected: ExpectedLists, verification: Verification
    ) throws {
        let entry = window.directory.entry(at: position)
        let key = Keys.segment(window.id, part: SegmentTable.Part.chunk.rawValue, index: UInt32(entry.chunk))
        try verification.visit(.segments, key)
        guard let list = try verification.attempt(in: .segments, at: key, { try window.postings(at: position) }) else {
            return
        }
        guard let problem = expected.problem(of: list, at: position) else { return }
        verification.broken(
            .postings, in: .segments, at: key,
            "the list of term \(window.directory.term(at: position)) in segment \(window.id): \(problem)")
    }

    /// Checks that lists are in the order of their terms and do not overlap.
    private static func checkPlaces(_ window: WindowSegment, _ verification: Verification) {
        var end: (chunk: UInt16, offset: Int) = (0, 0)
        for position in 0..<window.directory.count {
            let entry = window.directory.entry(at: position)
            if (entry.chunk, Int(entry.offset)) < (end.chunk, end.offset) {
                verification.broken(
                    .postings, in: .segments, at: Keys.segmentPrefix(window.id),
                    "the list of term \(window.directory.term(at: position)) in segment \(window.id) overlaps "
                        + "another")
            }
            end = (entry.chunk, Int(entry.offset) + entry.byteCount(documents: window.documentCount))
        }
    }
}

/// The lists that result from the exact vectors of a window, for a range of its terms.
///
/// Memory: 3 bytes per posting and 8 bytes per level of a term, within the two limits below.
struct ExpectedLists {
    static let maximumPostings = 1 << 24
    fileprivate static let maximumTerms = 1 << 19

    private let directory: WindowDirectory
    private let first: Int
    /// The postings of all lists in the layout of the directory: by term, level, and ordinal.
    private var ordinals: [UInt16]
    private var codes: [UInt8]
    /// The start of the postings of each level of each term, and the position of the next one.
    private var begins: [UInt32]
    private var next: [UInt32]
    private var maxima: [Float]
    /// The lists that are too short for their expected postings.
    private var overflowed: Set<Int> = []

    /// The ordinals of a compact window whose documents are gone. Their postings are unknown.
    private var gone: Set<UInt16> = []

    /// The scoring of counts when the lists were written; nil if documents are scored by their weights.
    private let scoring: BM25Function?

    /// Computes the lists; nil if an exact vector cannot be read.
    ///
    /// - Parameter bm25: The BM25 parameters of the store's encoder; nil if documents are scored by their weights.
    init?(
        _ window: WindowSegment, positions: Range<Int>, bm25: BM25Parameters?, verification: Verification
    ) throws {
        directory = window.directory
        scoring = bm25.map { BM25Function($0, averageLength: window.directory.referenceLength) }
        first = positions.lowerBound
        begins = []
        var end = 0
        for position in positions {
            for level in 0..<directory.levels {
                begins.append(UInt32(end + directory.postings(at: position, levels: level)))
            }
            end += directory.postings(at: position, levels: directory.levels)
        }
        next = begins
        begins.append(UInt32(end))
        ordinals = [UInt16](repeating: 0, count: end)
        codes = [UInt8](repeating: 0, count: end)
        maxima = [Float](repeating: 0, count: positions.count)
        let prefix = Keys.segmentPrefix(window.id)
        let source = WindowVectors(window, verification)
        for ordinal in 0..<window.documentCount {
            try verification.visit(.segments, prefix)
            switch try verification.attempt(in: .segments, at: prefix, { try source.vector(at: ordinal) }) {
            case .some(.some(let vector)):
                // Others have no code; `VectorsCheck` reports them.
                guard vector.weights.allSatisfy(Limits.weights.contains) else { return nil }
                add(vector, UInt16(truncatingIfNeeded: ordinal), positions)
            case .some(.none): gone.insert(UInt16(truncatingIfNeeded: ordinal))
            case .none: return nil
            }
        }
    }

    private mutating func add(_ vector: WindowVectors.Vector, _ ordinal: UInt16, _ positions: Range<Int>) {
        let weights = scoring?.impacts(of: vector.weights) ?? vector.weights
        let levels = directory.levels == 1 ? [] : LevelAssignment(weights, [weights.count]).levels
        for (index, weight) in weights.enumerated() {
            let position = vector.positions[index]
            guard positions.contains(position) else { continue }
            let entry = directory.entry(at: position)
            let list = position - first
            maxima[list] = max(maxima[list], weight)
            let cell = list * directory.levels + (levels.isEmpty ? 0 : Int(levels[index]))
            let place = Int(next[cell])
            guard place < begins[cell + 1] else {
                overflowed.insert(position)
                continue
            }
            ordinals[place] = ordinal
            let code = ImpactQuantizer(maximum: entry.maximum).code(weight)
            // In a dense list 0 says that the document lacks the term.
            codes[place] = entry.encoding == .dense ? max(1, code) : code
            next[cell] += 1
        }
    }

    /// Returns what is wrong with the list at a position; nil if it is correct.
    func problem(of list: WindowSegment.Postings, at position: Int) -> String? {
        let cells = (position - first) * directory.levels..<(position - first + 1) * directory.levels
        let entry = directory.entry(at: position)
        guard !overflowed.contains(position), list.ordinals.count == Int(entry.count),
            !gone.isEmpty || cells.allSatisfy({ next[$0] == begins[$0 + 1] })
        else { return "a level does not have the number of postings that the documents imply" }
        let maximum = maxima[position - first]
        guard gone.isEmpty ? maximum == entry.maximum : maximum <= entry.maximum else {
            return "its maximum is not the largest weight"
        }
        guard entry.encoding == .dense ? isEqualDense(list, cells) : isEqual(list, cells) else {
            return "its postings do not match the documents"
        }
        // A dense list does not say of which level the postings of those that are gone were.
        guard entry.encoding != .dense || gone.isEmpty else { return nil }
        for (level, cell) in cells.enumerated() {
            let own = entry.encoding == .dense ? codes[made(cell)] : list.codes[held(cell, of: cells)]
            let mean = own.isEmpty ? 0 : max(1, own.reduce(0) { $0 + Int($1) } / own.count)
            guard Int(directory.averageCode(at: position, level: level)) == mean else {
                return "the average of level \(level) does not match its codes"
            }
        }
        return nil
    }

    /// Returns the range of the expected postings of a level.
    private func made(_ cell: Int) -> Range<Int> { Int(begins[cell])..<Int(next[cell]) }

    /// Returns the range of a level's postings in a list that is not dense.
    private func held(_ cell: Int, of cells: Range<Int>) -> Range<Int> {
        let begin = begins[cells.lowerBound]
        return Int(begins[cell] - begin)..<Int(begins[cell + 1] - begin)
    }

    private func isEqual(_ list: WindowSegment.Postings, _ cells: Range<Int>) -> Bool {
        cells.allSatisfy { cell in
            let known = held(cell, of: cells).filter { !gone.contains(list.ordinals[$0]) }
            return known.map { list.ordinals[$0] }.elementsEqual(ordinals[made(cell)])
                && known.map { list.codes[$0] }.elementsEqual(codes[made(cell)])
        }
    }

    /// Returns whether a dense list, which is in the order of ordinals regardless of the level, has the expected
    /// postings.
    private func isEqualDense(_ list: WindowSegment.Postings, _ cells: Range<Int>) -> Bool {
        let known = list.ordinals.indices.filter { !gone.contains(list.ordinals[$0]) }
        let order = cells.flatMap(made).sorted { ordinals[$0] < ordinals[$1] }
        return known.map { list.ordinals[$0] }.elementsEqual(order.lazy.map { ordinals[$0] })
            && known.map { list.codes[$0] }.elementsEqual(order.lazy.map { codes[$0] })
    }
}
