/// A block index as one commit sees it: where its sources stand in the index of the commit.
final class BlockView: Sendable {
    let index: BlockIndex
    /// For each source its member of the index; nil for one that was merged away.
    private let members: [Int?]
    /// For each source the index of its first document, and at the end that of none.
    private let begins: [Int]
    /// Members of the index that are no source.
    let others: [Int]
    /// Live documents of the sources.
    let liveCount: Int

    init(_ index: BlockIndex, _ view: IndexView) {
        self.index = index
        var positions: [UInt32: Int] = [:]
        for (position, member) in view.members.enumerated() { positions[member.segment.id] = position }
        var members: [Int?] = []
        var begins = [0]
        for source in index.record.sources {
            // A segment's number is never used again, so it is the one that the index was built from.
            members.append(
                positions[source.segment].flatMap {
                    view.members[$0].segment.documentCount == Int(source.documents) ? $0 : nil
                })
            begins.append(begins[begins.count - 1] + Int(source.documents))
        }
        self.members = members
        self.begins = begins
        let sources = Set(members.compactMap(\.self))
        others = view.members.indices.filter { !sources.contains($0) }
        liveCount = sources.reduce(0) { $0 + view.members[$1].segment.documentCount - view.members[$1].deadCount }
    }

    /// Where a document stands; nil for one of a source that is gone, and past the last.
    func place(of document: Int) -> DocumentPlace? {
        guard document < begins[begins.count - 1] else { return nil }
        var low = 0
        var high = members.count
        while low + 1 < high {
            let middle = (low + high) / 2
            if begins[middle] <= document { low = middle } else { high = middle }
        }
        guard let member = members[low] else { return nil }
        return DocumentPlace(member: member, ordinal: document - begins[low])
    }
}
