internal import SparseFormat

/// Everything that one commit can be searched by: its segments with their removed documents, and its block index.
struct CommitIndex: Sendable {
    /// One segment as of the commit.
    struct Member: Sendable {
        let segment: WindowSegment
        let tombstones: Bitmap?
        /// The number of ordinals in `tombstones`.
        let deadCount: Int

        /// The documents whose tags or attributes were changed after the segment was made; nil if there are none.
        let changes: MemberChanges?

        init(segment: WindowSegment, tombstones: Bitmap?, changes: MemberChanges? = nil) {
            self.segment = segment
            self.tombstones = tombstones
            self.changes = changes
            deadCount = tombstones?.population ?? 0
        }

        func isLive(_ ordinal: Int) -> Bool { tombstones.map { !$0.contains(ordinal) } ?? true }
    }

    /// The segments in ascending order of document numbers.
    let members: [Member]
    /// The block index; nil if there is none or it cannot be opened.
    let blocks: BlockView?
    /// The reason why the block index could not be opened.
    let unopenedBlocks: BlockDamage?
    /// The reason why searches cannot use the block index; nil while no damage is known.
    var blocksDamage: BlockDamage? { unopenedBlocks ?? blocks?.index.damage }

    init(members: [Member], blocks: BlockIndex? = nil, unopenedBlocks: BlockDamage? = nil) {
        self.members = members
        self.blocks = blocks.map { BlockView($0, members) }
        self.unopenedBlocks = unopenedBlocks
    }

    /// Returns the place of a live document; nil if no segment has it.
    func place(of number: UInt64) -> DocumentPlace? {
        // Segments hold ranges of numbers that do not overlap: the last that begins at or below it is the only one.
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle].segment.firstNumber <= number { low = middle + 1 } else { high = middle }
        }
        guard low > 0, let ordinal = members[low - 1].segment.numbers.ordinal(of: number),
            members[low - 1].isLive(ordinal)
        else { return nil }
        return DocumentPlace(window: low - 1, ordinal: ordinal)
    }
}

extension ManifestRecord {
    /// Allocates numbers for new segments. Returns the first.
    mutating func takeSegments(_ count: Int) throws -> UInt32 {
        let first = nextSegment
        guard let next = UInt32(exactly: Int(first) + count) else {
            throw SparseStoreError(
                .limitExceeded, problem: "the store has run out of segment numbers",
                remedy: "copy its documents to a new store")
        }
        nextSegment = next
        return first
    }
}

/// A block index as of one commit, with the positions of its sources in the index of that commit.
final class BlockView: Sendable {
    let index: BlockIndex
    /// The window of each source in the index; nil for one that was merged away.
    private let windows: [Int?]
    /// The index of each source's first document, followed by the total number of documents.
    private let begins: [Int]
    /// The windows of the index that are not sources.
    let others: [Int]
    /// The number of live documents in the sources.
    let liveCount: Int

    init(_ index: BlockIndex, _ all: [CommitIndex.Member]) {
        self.index = index
        var positions: [UInt32: Int] = [:]
        for (position, member) in all.enumerated() { positions[member.segment.id] = position }
        var windows: [Int?] = []
        var begins = [0]
        for source in index.record.sources {
            // Segment numbers are never reused, so this is the segment that the index was built from.
            windows.append(
                positions[source.segment].flatMap {
                    all[$0].segment.documentCount == Int(source.documents) ? $0 : nil
                })
            begins.append(begins[begins.count - 1] + Int(source.documents))
        }
        self.windows = windows
        self.begins = begins
        let sources = Set(windows.compactMap(\.self))
        others = all.indices.filter { !sources.contains($0) }
        liveCount = sources.reduce(0) { $0 + all[$1].segment.documentCount - all[$1].deadCount }
    }

    /// Returns the place of a document; nil if its source was merged away, and beyond the last document.
    func place(of document: Int) -> DocumentPlace? {
        guard document < begins[begins.count - 1] else { return nil }
        var low = 0
        var high = windows.count
        while low + 1 < high {
            let middle = (low + high) / 2
            if begins[middle] <= document { low = middle } else { high = middle }
        }
        guard let window = windows[low] else { return nil }
        return DocumentPlace(window: window, ordinal: document - begins[low])
    }
}
