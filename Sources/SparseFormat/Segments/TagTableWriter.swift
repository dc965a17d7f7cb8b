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
    /// - ordinals: The documents that have the tag, strictly ascending; not empty.
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
