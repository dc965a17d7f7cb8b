internal import LMDB
internal import SparseFormat

/// The lists that the exact vectors of a window make, for a run of its terms.
///
/// Memory: 3 bytes a posting and 8 bytes a level of a term, within the two limits below.
struct ExpectedLists {
    static let maximumPostings = 1 << 24
    static let maximumTerms = 1 << 19

    private let directory: WindowDirectory
    private let first: Int
    /// The postings of all lists, laid out as the directory says: by term, level and ordinal.
    private var ordinals: [UInt16]
    private var codes: [UInt8]
    /// For each level of each term, where its postings begin and where the next one goes.
    private var begins: [UInt32]
    private var next: [UInt32]
    private var maxima: [Float]
    /// Lists that have no room for what they should hold.
    private var overflowed: Set<Int> = []

    /// Nil when an exact vector cannot be read.
    init?(_ window: WindowSegment, _ positions: Range<Int>, _ verification: Verification) throws {
        directory = window.directory
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
        for ordinal in 0..<window.documentCount {
            try verification.visit(.segments, prefix)
            guard let record = try verification.attempt(.segments, prefix, { try window.record(at: ordinal) }) else {
                return nil
            }
            let weights = (0..<record.count).map(record.weight)
            // Others have no code; `VectorsCheck` reports them.
            guard weights.allSatisfy(Limits.weights.contains) else { return nil }
            add(record, weights, UInt16(truncatingIfNeeded: ordinal), positions)
        }
    }

    private mutating func add(
        _ record: ForwardRecord, _ weights: [Float], _ ordinal: UInt16, _ positions: Range<Int>
    ) {
        let levels = directory.levels == 1 ? [] : LevelAssignment(weights, [weights.count]).levels
        for (index, weight) in weights.enumerated() {
            let position = record.position(index)
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
            let code = ImpactQuantiser(maximum: entry.maximum).code(weight)
            // In a dense list 0 says that the document lacks the term.
            codes[place] = entry.encoding == .dense ? max(1, code) : code
            next[cell] += 1
        }
    }

    /// What is wrong with the list at a position, nil when nothing is.
    func problem(of list: WindowSegment.Postings, at position: Int) -> String? {
        let cells = (position - first) * directory.levels..<(position - first + 1) * directory.levels
        guard !overflowed.contains(position), cells.allSatisfy({ next[$0] == begins[$0 + 1] }) else {
            return "a level has another number of postings than its documents make"
        }
        guard maxima[position - first] == directory.entry(at: position).maximum else {
            return "its maximum is not the largest weight"
        }
        let range = postings(cells)
        guard isEqual(list, range, inOrderOfOrdinals: directory.entry(at: position).encoding == .dense) else {
            return "its postings are not those of the documents"
        }
        for (level, cell) in cells.enumerated() {
            let own = codes[postings(cell..<cell + 1)]
            let mean = own.isEmpty ? 0 : max(1, own.reduce(0) { $0 + Int($1) } / own.count)
            guard Int(directory.averageCode(at: position, level: level)) == mean else {
                return "the average of level \(level) is not that of its codes"
            }
        }
        return nil
    }

    private func postings(_ cells: Range<Int>) -> Range<Int> {
        Int(begins[cells.lowerBound])..<Int(begins[cells.upperBound])
    }

    private func isEqual(
        _ list: WindowSegment.Postings, _ range: Range<Int>, inOrderOfOrdinals isDense: Bool
    ) -> Bool {
        guard isDense else {
            return list.ordinals.elementsEqual(ordinals[range]) && list.codes.elementsEqual(codes[range])
        }
        let order = range.sorted { ordinals[$0] < ordinals[$1] }
        return list.ordinals.elementsEqual(order.lazy.map { ordinals[$0] })
            && list.codes.elementsEqual(order.lazy.map { codes[$0] })
    }
}
