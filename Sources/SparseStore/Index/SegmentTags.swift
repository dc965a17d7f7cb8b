internal import LMDB
internal import SparseFormat

/// The tags of one open window segment: which of its documents have a tag. Checked when a filter first asks.
final class SegmentTags: Sendable {
    private let values: [SegmentBytes]
    private let documents: Int
    private let opened = Lock<[TagTable]?>(nil)

    /// - Parameter documents: of the window.
    init(_ segment: UInt32, _ table: SegmentTable, documents: Int) throws {
        self.documents = documents
        values = try SegmentBytes.all(segment, .tags, in: table)
    }

    /// Adds the ordinals of the documents that have a tag; there may be none.
    func insert(_ tag: String, into bitmap: inout Bitmap) throws {
        let name = Array(tag.utf8)
        let tables = try tables()
        // Values hold ascending runs of the tags: the last that begins at or before the name.
        var low = 0
        var high = tables.count
        while low < high {
            let middle = (low + high) / 2
            if tables[middle].begins(before: name) { low = middle + 1 } else { high = middle }
        }
        guard low > 0, let position = tables[low - 1].find(name) else { return }
        switch tables[low - 1].list(at: position) {
        case .bitmap(let bytes): bitmap.insert(bytes: bytes)
        case .ordinals(let bytes): bitmap.insert(ordinals: bytes)
        }
    }

    /// The tags of all values; checked once.
    func tables() throws -> [TagTable] {
        try opened.withLock { opened in
            if let opened { return opened }
            var last: [UInt8] = []
            let tables = try values.map { value in
                try value.verify()
                let table = try TagTable(body: value.body)
                guard !table.begins(before: last) else { throw FormatError(.tagsAscend, "from value to value") }
                last = Array(table.name(at: table.count - 1).utf8)
                guard table.documents == documents else {
                    throw FormatError(.windowCounts, "tags of \(table.documents) documents in a window of \(documents)")
                }
                return table
            }
            opened = tables
            return tables
        }
    }
}
