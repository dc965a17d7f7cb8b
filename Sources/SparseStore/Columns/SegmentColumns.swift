internal import LMDB
internal import Platform
internal import SparseFormat

/// The columns of one open segment, one for each attribute of its documents. A column is verified when it is first
/// used.
final class SegmentColumns: Sendable {
    private let values: [SegmentBytes]
    private let documents: Int
    private let opened: Lock<[AttributeColumn?]>

    /// - Parameter documents: The number of documents in the segment.
    init(_ values: [SegmentBytes], documents: Int) {
        self.values = values
        self.documents = documents
        opened = Lock([AttributeColumn?](repeating: nil, count: values.count))
    }

    /// The number of attributes of the documents.
    var count: Int { values.count }

    /// Returns the column of an attribute; nil if no document of the segment had it when the segment was made.
    func column(_ name: [UInt8]) throws -> AttributeColumn? {
        try opened.withLock { opened in
            var low = 0
            var high = values.count
            while low < high {
                let middle = (low + high) / 2
                let column = try open(middle, &opened)
                if column.name == name { return column }
                if column.name.lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
            }
            return nil
        }
    }

    /// Returns all columns, in ascending order of the bytes of their names.
    func all() throws -> [AttributeColumn] {
        try opened.withLock { opened in
            var columns: [AttributeColumn] = []
            for index in values.indices {
                let column = try open(index, &opened)
                guard columns.last.map({ $0.name.lexicographicallyPrecedes(column.name) }) ?? true else {
                    throw FormatError(.attributesAscend, "the columns are out of order")
                }
                columns.append(column)
            }
            return columns
        }
    }

    private func open(_ index: Int, _ opened: inout [AttributeColumn?]) throws -> AttributeColumn {
        if let known = opened[index] { return known }
        try values[index].verify()
        let column = try values[index].naming { body in
            let column = try AttributeColumn(body: body)
            guard column.documents == documents else {
                throw FormatError(
                    .columnShape, "a column has \(column.documents) documents in a segment of \(documents)")
            }
            return column
        }
        opened[index] = column
        return column
    }
}

/// The tags of one open window segment and the documents that have them. They are verified when a filter first uses
/// them.
final class SegmentTags: Sendable {
    private let values: [SegmentBytes]
    private let documents: Int
    private let opened = Lock<[TagTable]?>(nil)

    /// - Parameter documents: The number of documents in the window.
    init(_ values: [SegmentBytes], documents: Int) {
        self.values = values
        self.documents = documents
    }

    /// Adds the ordinals of the documents that have a tag, if any.
    func insert(_ tag: String, into bitmap: inout Bitmap) throws {
        try tables().insert(Array(tag.utf8), into: &bitmap)
    }

    /// Returns the tags of all values. They are verified once.
    func tables() throws -> [TagTable] {
        try opened.withLock { opened in
            if let opened { return opened }
            var last: [UInt8] = []
            let tables = try values.map { value in
                try value.verify()
                let table = try TagTable(body: value.body)
                guard !table.begins(before: last) else { throw FormatError(.tagsAscend, "the values are out of order") }
                last = Array(table.name(at: table.count - 1).utf8)
                guard table.documents == documents else {
                    throw FormatError(
                        .windowCounts, "the tags have \(table.documents) documents in a window of \(documents)")
                }
                return table
            }
            opened = tables
            return tables
        }
    }
}

extension [TagTable] {
    /// Adds the ordinals of the documents that have a tag, if any.
    func insert(_ name: [UInt8], into bitmap: inout Bitmap) {
        // Values hold ascending runs of the tags: the last that begins at or before the name.
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].begins(before: name) { low = middle + 1 } else { high = middle }
        }
        guard low > 0, let position = self[low - 1].find(name) else { return }
        switch self[low - 1].list(at: position) {
        case .bitmap(let bytes): bitmap.insert(bytes: bytes)
        case .ordinals(let bytes): bitmap.insert(ordinals: bytes)
        }
    }
}
