internal import SparseFormat

/// One attribute of a segment's documents as of one commit.
struct MemberColumn: Sendable {
    /// The values of unchanged documents; nil if none of them has the attribute.
    let column: AttributeColumn?
    /// The values of documents that were changed after the segment was made.
    let changed: ChangedRows?
    let changedColumn: AttributeColumn?

    init(_ name: [UInt8], _ columns: SegmentColumns, _ changed: ChangedRows?) throws {
        column = try columns.column(name)
        self.changed = changed
        changedColumn = changed?.column(name)
    }

    /// Returns the value of a document; nil if it has none. A list is in ascending order without duplicates.
    func value(of ordinal: Int) -> AttributeValue? {
        if let row = changed?.row(of: ordinal) { return changedColumn?.value(of: row) }
        return column?.value(of: ordinal)
    }

    /// Returns the column with a document's value and the range of its codes there; nil if it has none.
    func codes(of ordinal: Int) -> (column: AttributeColumn, codes: Range<Int>)? {
        if let row = changed?.row(of: ordinal) {
            return changedColumn.flatMap { column in column.codeRange(of: row).map { (column, $0) } }
        }
        return column.flatMap { column in column.codeRange(of: ordinal).map { (column, $0) } }
    }

    /// Returns the documents, including removed ones, whose value fulfills the condition.
    func matching(_ condition: AttributeCondition, documents: Int) -> Bitmap {
        var found = Bitmap(count: documents)
        if let column { condition.insert(column, into: &found) }
        changed?.replace(in: &found) { rows in
            if let changedColumn { condition.insert(changedColumn, into: &rows) }
        }
        return found
    }
}

/// The tags and attributes of the documents in a segment that were changed after the segment was made. They are laid
/// out in memory like those of a segment, so that a filter reads both in the same way. The segment's own columns are
/// outdated for these documents.
final class ChangedRows: Sendable {
    /// The document ordinal of each row, in ascending order.
    let ordinals: [Int]
    /// The tags of the rows.
    let tags: [TagTable]
    /// The attributes of the rows, in ascending order of the bytes of their names.
    let columns: [AttributeColumn]
    private let held: [HeldBytes]

    /// - Parameters:
    ///   - ordinals: The ordinals of the documents, in ascending order; one or more.
    ///   - read: Returns the stored document at an ordinal.
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

    /// Returns the column of an attribute; nil if no row has it.
    func column(_ name: [UInt8]) -> AttributeColumn? { columns.first { $0.name == name } }

    /// Returns the row of a document; nil if it was not changed.
    func row(of ordinal: Int) -> Int? {
        var (low, high) = (0, ordinals.count)
        while low < high {
            let middle = (low + high) / 2
            if ordinals[middle] < ordinal { low = middle + 1 } else { high = middle }
        }
        return low < ordinals.count && ordinals[low] == ordinal ? low : nil
    }

    /// Replaces the segment's bits of the changed documents with those of the rows.
    func replace(in bitmap: inout Bitmap, _ rows: (inout Bitmap) throws -> Void) rethrows {
        for ordinal in ordinals { bitmap.remove(ordinal) }
        var found = Bitmap(count: ordinals.count)
        try rows(&found)
        found.forEach { bitmap.insert(ordinals[$0]) }
    }
}

/// Bytes at a fixed address.
private final class HeldBytes: Sendable {
    private let held: Mapped<UnsafeRawBufferPointer>
    var bytes: UnsafeRawBufferPointer { held.pointer }

    init(_ body: [UInt8]) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, body.count), alignment: 8)
        memory.copyBytes(from: body)
        held = Mapped(UnsafeRawBufferPointer(rebasing: memory[..<body.count]))
    }

    deinit { held.pointer.deallocate() }
}
