/// A block index as one commit sees it: where its sources stand in the index, and which of its slots hold no live document.
final class BlockView: Sendable {
    let index: BlockIndex
    /// For each source its member of the index; nil for one that was merged away.
    let members: [Int?]
    /// The first slot of each source.
    let begins: [Int]
    /// One bit a slot, set where no live document stands: 64 slots a word.
    let dead: [UInt64]
    /// Members of the index that are no source.
    let others: [Int]
    /// Live documents of the sources.
    let liveCount: Int

    init(_ index: BlockIndex, _ view: IndexView) {
        self.index = index
        var positions: [UInt32: Int] = [:]
        for (position, member) in view.members.enumerated() { positions[member.segment.id] = position }
        var members: [Int?] = []
        var begins: [Int] = []
        var dead = [UInt64](repeating: .max, count: index.record.slots / 64)
        var begin = 0
        var live = 0
        for source in index.record.sources {
            begins.append(begin)
            // A segment's number is never used again, so it is the one that the index was built from.
            let position = positions[source.segment].flatMap {
                view.members[$0].segment.documentCount == Int(source.documents) ? $0 : nil
            }
            members.append(position)
            if let position {
                let count = Int(source.documents)
                var bits = Bitmap(allBelow: count)
                if let tombstones = view.members[position].tombstones { bits.subtract(tombstones) }
                Self.put(bits, at: begin, into: &dead)
                live += bits.population
            }
            begin += source.slots
        }
        self.members = members
        self.begins = begins
        self.dead = dead
        liveCount = live
        let sources = Set(members.compactMap(\.self))
        others = view.members.indices.filter { !sources.contains($0) }
    }

    /// What `dead` is under a filter.
    ///
    /// - Parameter allowed: the live documents of a member that the filter lets through.
    func dead(leaving allowed: (Int) -> Bitmap) -> [UInt64] {
        var dead = [UInt64](repeating: .max, count: dead.count)
        for (source, member) in members.enumerated() {
            if let member { Self.put(allowed(member), at: begins[source], into: &dead) }
        }
        return dead
    }

    /// Where the document at a slot stands; nil for a slot of a source that is gone.
    func place(of slot: Int) -> DocumentPlace? {
        var low = 0
        var high = begins.count
        while low < high {
            let middle = (low + high) / 2
            if begins[middle] <= slot { low = middle + 1 } else { high = middle }
        }
        guard low > 0, let member = members[low - 1] else { return nil }
        return DocumentPlace(member: member, ordinal: slot - begins[low - 1])
    }

    private static func put(_ live: Bitmap, at begin: Int, into dead: inout [UInt64]) {
        for (index, word) in live.words.enumerated() { dead[begin / 64 + index] = ~word }
    }
}
