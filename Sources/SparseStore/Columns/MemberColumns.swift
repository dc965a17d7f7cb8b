internal import SparseFormat

/// One attribute of a segment's documents as one commit has it.
struct MemberColumn: Sendable {
    /// Of the documents that were not changed since the segment was made; nil when none of them has the attribute.
    let column: AttributeColumn?
    /// Of the others.
    let changed: ChangedRows?
    let changedColumn: AttributeColumn?

    init(_ name: [UInt8], _ columns: SegmentColumns, _ changed: ChangedRows?) throws {
        column = try columns.column(name)
        self.changed = changed
        changedColumn = changed?.column(name)
    }

    /// The value of a document; nil when it has none. A list is ascending, with each element once.
    func value(of ordinal: Int) -> AttributeValue? {
        if let row = changed?.row(of: ordinal) { return changedColumn?.value(of: row) }
        return column?.value(of: ordinal)
    }

    /// Where the value of a document stands: a column and the range of its codes there; nil when it has none.
    func codes(of ordinal: Int) -> (column: AttributeColumn, codes: Range<Int>)? {
        if let row = changed?.row(of: ordinal) {
            return changedColumn.flatMap { column in column.codeRange(of: row).map { (column, $0) } }
        }
        return column.flatMap { column in column.codeRange(of: ordinal).map { (column, $0) } }
    }

    /// The documents with a value that the condition lets through, those with a tombstone too.
    func matching(_ condition: AttributeCondition, documents: Int) -> Bitmap {
        var found = Bitmap(count: documents)
        if let column { condition.insert(column, into: &found) }
        changed?.replace(in: &found) { rows in
            if let changedColumn { condition.insert(changedColumn, into: &rows) }
        }
        return found
    }
}

/// The tags and attributes of those documents of a segment whose tags or attributes were changed since the segment was
/// made: laid out like those of a segment, in memory, so that a filter looks at both in the same way. The segment's own
/// columns say nothing of these documents any more.
final class ChangedRows: Sendable {
    /// The document of each row, ascending.
    let ordinals: [Int]
    /// The tags of the rows.
    let tags: [TagTable]
    /// The attributes of the rows, ascending by the bytes of their names.
    let columns: [AttributeColumn]
    private let held: [HeldBytes]

    /// - Parameters:
    ///   - ordinals: the documents, ascending; one or more.
    ///   - read: gives the stored document at an ordinal.
    init(_ ordinals: [Int], _ read: (Int) throws -> DocumentView) throws {
        var tags = TagCollector()
        var attributes = AttributeCollector()
        for ordinal in ordinals {
            let document = try read(ordinal)
            tags.add(try document.tags())
            attributes.add(try document.attributes())
        }
        let tagBytes = tags.tables().map(HeldBytes.init)
        let columnBytes = try attributes.columns().map(HeldBytes.init)
        self.ordinals = ordinals
        self.tags = try tagBytes.map { try TagTable(body: $0.bytes) }
        columns = try columnBytes.map { try AttributeColumn(body: $0.bytes) }
        held = tagBytes + columnBytes
    }

    /// The column of an attribute, nil when no row has it.
    func column(_ name: [UInt8]) -> AttributeColumn? { columns.first { $0.name == name } }

    /// The row of a document, nil when it was not changed.
    func row(of ordinal: Int) -> Int? {
        var (low, high) = (0, ordinals.count)
        while low < high {
            let middle = (low + high) / 2
            if ordinals[middle] < ordinal { low = middle + 1 } else { high = middle }
        }
        return low < ordinals.count && ordinals[low] == ordinal ? low : nil
    }

    /// Puts what holds of the rows into the place of what the segment says of their documents.
    func replace(in bitmap: inout Bitmap, _ rows: (inout Bitmap) throws -> Void) rethrows {
        for ordinal in ordinals { bitmap.remove(ordinal) }
        var found = Bitmap(count: ordinals.count)
        try rows(&found)
        found.forEach { bitmap.insert(ordinals[$0]) }
    }
}

/// Bytes that stay where they are.
private final class HeldBytes: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    init(_ body: [UInt8]) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, body.count), alignment: 8)
        memory.copyBytes(from: body)
        bytes = UnsafeRawBufferPointer(rebasing: memory[..<body.count])
    }

    deinit { bytes.deallocate() }
}
