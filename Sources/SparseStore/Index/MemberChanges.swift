internal import LMDB
internal import Platform
internal import SparseFormat

/// The documents of a segment whose tags or attributes were changed after it was made, as of one commit. They are read
/// when a filter first needs them.
final class MemberChanges: Sendable {
    /// The commit with the last change.
    let changedAt: UInt64
    private let ordinals: [Int]
    private let read = Lock<ChangedRows?>(nil)

    /// - Parameter live: The ordinals of live documents. A dead one may no longer be stored.
    init(changedAt: UInt64, live ordinals: [Int]) {
        self.changedAt = changedAt
        self.ordinals = ordinals
    }

    /// Returns the current tags and attributes of the documents; nil if all of them are dead.
    func rows(_ segment: WindowSegment, _ view: ReadView) throws -> ChangedRows? {
        guard !ordinals.isEmpty else { return nil }
        return try read.withLock { read in
            if let read { return read }
            let rows = try ChangedRows(ordinals) { ordinal in
                try view.document(segment.number(of: ordinal))
            }
            read = rows
            return rows
        }
    }
}

extension CommitIndex.Member {
    /// Returns the current tags and attributes of the changed documents; nil if there are none.
    private func changedRows(_ view: ReadView) throws -> ChangedRows? {
        try changes?.rows(segment, view)
    }

    /// Returns an attribute of the segment's documents as of the commit.
    func column(_ name: [UInt8], _ view: ReadView) throws -> MemberColumn {
        try MemberColumn(name, segment.columns, changedRows(view))
    }

    /// Returns the documents, including removed ones, that have a tag.
    func tagged(_ tag: String, _ view: ReadView) throws -> Bitmap {
        var found = Bitmap(count: segment.documentCount)
        let name = Array(tag.utf8)
        try segment.tags.tables().insert(name, into: &found)
        if let changed = try changedRows(view) {
            changed.replace(in: &found) { changed.tags.insert(name, into: &$0) }
        }
        return found
    }

    /// Returns the documents, including removed ones, that contain a term.
    func containing(_ term: TermID) throws -> Bitmap {
        var found = Bitmap(count: segment.documentCount)
        guard let position = segment.directory.find(term) else { return found }
        for ordinal in try segment.postings(at: position).ordinals where Int(ordinal) < found.count {
            found.insert(Int(ordinal))
        }
        return found
    }
}
