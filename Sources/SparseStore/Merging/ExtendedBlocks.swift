internal import LMDB
internal import SparseFormat

/// A block index that a build extends instead of building a new one. Its lines and lists are copied, and the documents
/// of the other segments get further lines, and further blocks in the lists.
///
/// The sources keep their order, and those that were merged away stay among them, so every document keeps its index.
/// Terms keep their numbers, and codes their meaning. A new weight above a term's maximum gets the largest code.
struct ExtendedBlocks {
    /// The error for an index that turns out not to be extendable. The caller builds a new one.
    struct Unusable: Error {}

    /// The share of the weight of the new documents that may lie above the maxima of their terms, where codes do not
    /// reach. In a new index there is none.
    static let mostLost = 0.05

    let record: BlockIndexRecord
    /// The segments that are not sources, in the order of the manifest.
    let later: [SegmentEntry]
    /// The sources that exist.
    let sources: Set<UInt32>
    /// The number of live documents in the sources.
    private let covered: Int

    /// Returns nil for a record that does not match the manifest.
    init?(_ record: BlockIndexRecord, _ manifest: ManifestRecord) {
        var listed = Dictionary(manifest.segments.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var sources: Set<UInt32> = []
        var covered = 0
        for source in record.sources {
            guard let entry = listed.removeValue(forKey: source.segment) else { continue }
            guard entry.documents == source.documents else { return nil }
            sources.insert(source.segment)
            covered += entry.live
        }
        self.record = record
        self.sources = sources
        self.covered = covered
        later = manifest.segments.filter { listed[$0.id] != nil }
    }

    /// Whether the index is better extended, when there is something to add, than replaced: at least three quarters of
    /// its documents are live, and there are at most half as many others.
    var isWorthKeeping: Bool { covered * 4 >= record.documents * 3 && later.liveDocuments * 2 <= covered }

    /// Whether there are documents to add.
    var hasMore: Bool { later.liveDocuments > 0 && record.sources.count + later.count <= Limits.maximumSegments }

    /// Opens the index. What is damaged is not extended.
    func open(_ reader: StoreReader) throws -> BlockIndex {
        try Self.proven { try BlockIndex(record, reader.segments) }
    }

    /// Returns the data of some full chunks of lines.
    func lines(chunks: Range<Int>, _ reader: StoreReader) throws -> [[UInt8]] {
        try chunks.map { chunk in
            let index = UInt32(truncatingIfNeeded: chunk)
            let part = SegmentTable.Part.blockLines
            return try Self.proven {
                let bytes = try SegmentBytes(
                    reader.segments.part(record.number, part, index), kind: part.kind,
                    key: part.key(record.number, chunk))
                try bytes.verify()
                return Array(try bytes.data())
            }
        }
    }

    /// Runs `body`, which reads the index. Damage of any kind makes the index unusable.
    static func proven<R>(_ body: () throws -> R) throws -> R {
        do {
            return try BlockDamage.of(body)
        } catch is BlockDamage {
            throw Unusable()
        }
    }
}

extension BlockNumbers {
    /// Gives the terms of an extended index their numbers. Earlier terms keep theirs. New terms get the free ones, the
    /// most frequent first. If there are too few, the others evenly share the half of the numbers with the shortest
    /// lists.
    ///
    /// - Parameters:
    ///   - extended: The directory of the index that is extended.
    ///   - count: The number of different numbers, at least 1.
    init(extending extended: BlockDirectory, _ sources: BlockSources, count: Int) {
        var numbers = [UInt16](repeating: 0, count: sources.terms.count)
        // The number of postings in the lists of each number; nil if it is free.
        var postings = [Int?](repeating: nil, count: count)
        var added: [(postings: Int, position: Int)] = []
        for position in sources.terms.ids.indices {
            guard let earlier = sources.terms.earlier(at: position) else {
                added.append((sources.postings(at: position), position))
                continue
            }
            let number = Int(extended.numbers[earlier])
            numbers[position] = UInt16(truncatingIfNeeded: number)
            guard number < count else { continue }
            postings[number] = (postings[number] ?? 0) + Int(extended.entries[earlier].postings)
        }
        added.sort { $0.postings != $1.postings ? $0.postings > $1.postings : $0.position < $1.position }
        var next = postings.indices.filter { postings[$0] == nil }
        if next.count < added.count {
            let shared = postings.indices.sorted { (postings[$0] ?? .max, $0) < (postings[$1] ?? .max, $1) }
                .prefix(max(1, count / 2))
            while next.count < added.count { next += shared }
        }
        for (number, term) in zip(next, added) { numbers[term.position] = UInt16(truncatingIfNeeded: number) }
        let isPlain = numbers.count <= Self.count && numbers.enumerated().allSatisfy { $0.offset == Int($0.element) }
        self.init(shared: isPlain ? [] : numbers)
    }
}
