/// The tags of a window's documents: the body of a `segmentTags` value.
///
/// Body: u32 documents, u32 tags; for each tag u32 nameEnd, u32 listEnd; the names in UTF-8, strictly ascending in byte
/// order; the lists. A list has the ordinals of a tag as ascending u16, or is a bitmap of (documents + 7) / 8 bytes if
/// that is not longer; its length determines its form.
///
/// This file uses pointers: `init` checks that names and lists are inside the body, that every ordinal is below
/// `documents` and that names are UTF-8; accesses rely on it. The view is valid as long as the underlying bytes.
package struct TagTable: Sendable {
    /// A tag's documents, read in place.
    package enum List {
        /// Ascending u16 ordinals.
        case ordinals(UnsafeRawBufferPointer)
        /// A bitmap: ordinal `o` is bit `o % 8`, counted from the lowest, of byte `o / 8`.
        case bitmap(UnsafeRawBufferPointer)
    }

    package static let prefixSize = 8
    package static let entrySize = 8

    /// The number of documents of the window.
    package let documents: Int
    /// The number of tags in this value.
    package let count: Int
    private let entries: Mapped<UnsafeRawBufferPointer>
    private let names: Mapped<UnsafeRawBufferPointer>
    private let lists: Mapped<UnsafeRawBufferPointer>

    package static func bitmapBytes(documents: Int) -> Int { (documents + 7) / 8 }

    /// - Throws: `invariant` if the body is not as described above; this takes one pass.
    package init(body: UnsafeRawBufferPointer) throws(FormatError) {
        var reader = ByteReader(body)
        documents = Int(try reader.u32())
        let tags = UInt64(try reader.u32())
        guard (1...Limits.maximumDocumentsPerWindow).contains(documents), tags >= 1 else {
            throw FormatError(.windowCounts, "\(tags) tags for \(documents) documents")
        }
        // A name and a list have at least one byte each.
        count = try reader.proven(tags, elementBytes: Self.entrySize + 2, limit: Int(UInt32.max))
        entries = Mapped(try reader.take(count * Self.entrySize))
        names = Mapped(try reader.take(Self.end(entries.pointer, count - 1, 0)))
        lists = Mapped(try reader.take(Self.end(entries.pointer, count - 1, 4)))
        try reader.finish()
        var previous = UnsafeRawBufferPointer(rebasing: names.pointer[..<0])
        var nameBegin = 0
        var listBegin = 0
        for index in 0..<count {
            let nameEnd = Self.end(entries.pointer, index, 0)
            guard (1...Limits.maximumTagBytes).contains(nameEnd - nameBegin), nameEnd <= names.pointer.count else {
                throw FormatError(.textLength, "a tag has \(nameEnd - nameBegin) bytes")
            }
            let name = UnsafeRawBufferPointer(rebasing: names.pointer[nameBegin..<nameEnd])
            guard previous.lexicographicallyPrecedes(name) else { throw FormatError(.tagsAscend) }
            _ = try UTF8Text.decode(name)
            let listEnd = Self.end(entries.pointer, index, 4)
            guard listEnd > listBegin, listEnd <= lists.pointer.count else {
                throw FormatError(.tagLists, "tag \(index)")
            }
            try Self.check(UnsafeRawBufferPointer(rebasing: lists.pointer[listBegin..<listEnd]), documents: documents)
            (previous, nameBegin, listBegin) = (name, nameEnd, listEnd)
        }
    }

    /// Returns the name of a tag at a position in 0..<count.
    package func name(at index: Int) -> String { String(decoding: nameBytes(index), as: UTF8.self) }

    /// Whether a name is equal to the table's first tag or comes after it.
    package func begins(before name: [UInt8]) -> Bool { !name.lexicographicallyPrecedes(nameBytes(0)) }

    /// Returns the position of a tag; nil if no document of this value has it.
    package func find(_ name: [UInt8]) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if nameBytes(middle).lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
        }
        return low < count && nameBytes(low).elementsEqual(name) ? low : nil
    }

    /// Returns the documents of a tag at a position in 0..<count.
    package func list(at index: Int) -> List {
        let bytes = slice(lists.pointer, index, 4)
        return bytes.count == Self.bitmapBytes(documents: documents) ? .bitmap(bytes) : .ordinals(bytes)
    }

    private func nameBytes(_ index: Int) -> UnsafeRawBufferPointer { slice(names.pointer, index, 0) }

    private func slice(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ field: Int) -> UnsafeRawBufferPointer {
        let begin = index == 0 ? 0 : Self.end(entries.pointer, index - 1, field)
        return UnsafeRawBufferPointer(rebasing: bytes[begin..<Self.end(entries.pointer, index, field)])
    }

    private static func end(_ entries: UnsafeRawBufferPointer, _ index: Int, _ field: Int) -> Int {
        let offset = index * entrySize + field
        return Int(UInt32(littleEndian: entries.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }

    /// Checks that a list has the shorter of its two forms and only names documents of the window.
    private static func check(_ list: UnsafeRawBufferPointer, documents: Int) throws(FormatError) {
        let bitmapBytes = bitmapBytes(documents: documents)
        if list.count == bitmapBytes {
            let used = list.reduce(0) { $0 + $1.nonzeroBitCount }
            let tail = documents % 8
            guard 2 * used >= bitmapBytes, tail == 0 || list[bitmapBytes - 1] >> UInt8(tail) == 0 else {
                throw FormatError(.tagLists, "the bitmap has \(used) documents")
            }
            return
        }
        guard list.count < bitmapBytes, list.count % 2 == 0 else {
            throw FormatError(.tagLists, "\(list.count) bytes of ordinals")
        }
        var previous = -1
        for offset in stride(from: 0, to: list.count, by: 2) {
            let ordinal = Int(UInt16(littleEndian: list.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
            guard ordinal > previous, ordinal < documents else { throw FormatError(.tagLists, "ordinal \(ordinal)") }
            previous = ordinal
        }
    }
}

/// Lays out the tags of one window in values (`TagTable`), in byte order of the tags.
package struct TagTableWriter {
    /// The size at which a value is closed. It is far below the limit of a value and fits easily into freed pages.
    package static let valueBytes = 256 << 10

    private let documents: Int
    private var ends: [(name: UInt32, list: UInt32)] = []
    private var names: [UInt8] = []
    private var lists: [UInt8] = []
    /// The bodies of the values so far.
    package private(set) var bodies: [[UInt8]] = []

    /// - Parameter documents: The number of documents of the window.
    package init(documents: Int) {
        self.documents = documents
    }

    /// Adds a tag. Tags must ascend in byte order.
    ///
    /// - Parameters:
    ///   - name: 1...`Limits.maximumTagBytes` bytes of UTF-8.
    ///   - ordinals: The documents that have the tag, strictly ascending; not empty.
    package mutating func append(_ name: [UInt8], ordinals: some Collection<UInt16>) {
        names += name
        let bitmapBytes = TagTable.bitmapBytes(documents: documents)
        if 2 * ordinals.count >= bitmapBytes {
            let first = lists.count
            lists.append(contentsOf: repeatElement(0, count: bitmapBytes))
            for ordinal in ordinals { lists[first + Int(ordinal >> 3)] |= 1 << UInt8(ordinal & 7) }
        } else {
            for ordinal in ordinals {
                lists.append(UInt8(truncatingIfNeeded: ordinal))
                lists.append(UInt8(truncatingIfNeeded: ordinal >> 8))
            }
        }
        ends.append((UInt32(names.count), UInt32(lists.count)))
        let size = TagTable.prefixSize + ends.count * TagTable.entrySize + names.count + lists.count
        if size >= Self.valueBytes { close() }
    }

    /// Closes the last value. No tag may follow.
    package mutating func finish() {
        if !ends.isEmpty { close() }
    }

    private mutating func close() {
        var writer = ByteWriter()
        writer.u32(UInt32(documents))
        writer.u32(UInt32(ends.count))
        for end in ends {
            writer.u32(end.name)
            writer.u32(end.list)
        }
        writer.append(names)
        writer.append(lists)
        bodies.append(writer.bytes)
        ends.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
        lists.removeAll(keepingCapacity: true)
    }
}
