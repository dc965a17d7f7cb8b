/// A block index as of one commit, with the positions of its sources in the index of that commit.
final class BlockView: Sendable {
    let index: BlockIndex
    /// The member of the index for each source; nil for one that was merged away.
    private let members: [Int?]
    /// The index of each source's first document, followed by the total number of documents.
    private let begins: [Int]
    /// The members of the index that are not sources.
    let others: [Int]
    /// The number of live documents in the sources.
    let liveCount: Int

    init(_ index: BlockIndex, _ view: IndexView) {
        self.index = index
        var positions: [UInt32: Int] = [:]
        for (position, member) in view.members.enumerated() { positions[member.segment.id] = position }
        var members: [Int?] = []
        var begins = [0]
        for source in index.record.sources {
            // Segment numbers are never reused, so this is the segment that the index was built from.
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

    /// Returns the place of a document; nil if its source was merged away, and beyond the last document.
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
