internal import LMDB
internal import SparseFormat

/// The documents of a segment whose tags or attributes were changed since it was made, as one commit has them. They are
/// read when a filter first asks.
final class MemberChanges: Sendable {
    /// The commit that changed some last.
    let changedAt: UInt64
    private let ordinals: [Int]
    private let read = Lock<ChangedRows?>(nil)

    /// - Parameter live: ordinals of live documents; a dead one need not be stored any more.
    init(changedAt: UInt64, live ordinals: [Int]) {
        self.changedAt = changedAt
        self.ordinals = ordinals
    }

    /// What the documents have now; nil when all of them are dead.
    func rows(_ segment: WindowSegment, _ documents: any DocumentSource) throws -> ChangedRows? {
        guard !ordinals.isEmpty else { return nil }
        return try read.withLock { read in
            if let read { return read }
            let rows = try ChangedRows(ordinals) { ordinal in
                try documents.storedDocument(segment.number(of: ordinal))
            }
            read = rows
            return rows
        }
    }
}

extension IndexView.Member {
    /// What the documents whose tags or attributes were changed have now; nil when there are none.
    func changedRows(_ documents: any DocumentSource) throws -> ChangedRows? {
        try changes?.rows(segment, documents)
    }

    /// An attribute of the segment's documents, as the commit has them.
    func column(_ name: [UInt8], _ documents: any DocumentSource) throws -> MemberColumn {
        try MemberColumn(name, segment.columns, changedRows(documents))
    }

    /// The documents that have a tag, those with a tombstone too.
    func tagged(_ tag: String, _ documents: any DocumentSource) throws -> Bitmap {
        var found = Bitmap(count: segment.documentCount)
        let name = Array(tag.utf8)
        try segment.tags.tables().insert(name, into: &found)
        if let changed = try changedRows(documents) {
            changed.replace(in: &found) { changed.tags.insert(name, into: &$0) }
        }
        return found
    }

    /// The documents that contain a term, those with a tombstone too.
    func containing(_ term: TermID) throws -> Bitmap {
        var found = Bitmap(count: segment.documentCount)
        guard let position = segment.directory.find(term) else { return found }
        for ordinal in try segment.postings(at: position).ordinals where Int(ordinal) < found.count {
            found.insert(Int(ordinal))
        }
        return found
    }
}
