/// Writes an index in the Common Index File Format (Lin et al., "Supporting Interoperability Between Open-Source Search
/// Engines with the Common Index File Format", SIGIR 2020). It has a header, posting lists by term, and the documents.
/// Each is a Protocol Buffers message preceded by its length.
package struct CIFFWriter {
    private let scale: Float
    private let write: ([UInt8]) throws -> Void

    /// - Parameters:
    ///   - scale: The factor by which weights are multiplied before they are rounded to integers of at least 1.
    ///   - write: Receives the bytes of the file, piece by piece.
    package init(scale: Float, write: @escaping ([UInt8]) throws -> Void) {
        self.scale = scale
        self.write = write
    }

    /// Writes a complete index.
    ///
    /// - Parameters:
    ///   - description: The description of the index in the header.
    ///   - lists: The terms, each with its documents in ascending order of their numbers, and their weights.
    ///   - documents: The identifiers and the sums of the weights.
    package func write(
        header description: String, lists: [String: [(document: UInt32, weight: Float)]],
        documents: [(id: String, length: Float)]
    ) throws {
        let lengths = documents.map { max(1, Int(($0.length * scale).rounded())) }
        let total = lengths.reduce(0, +)
        var header = ProtocolBuffer()
        header.integer(1, field: 1)
        header.integer(lists.count, field: 2)
        header.integer(documents.count, field: 3)
        header.integer(lists.count, field: 4)
        header.integer(documents.count, field: 5)
        header.integer(total, field: 6)
        header.double(documents.isEmpty ? 0 : Double(total) / Double(documents.count), field: 7)
        header.text(description, field: 8)
        try write(header.delimited)
        for (term, postings) in lists.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            var list = ProtocolBuffer()
            let frequencies = postings.map { max(1, Int(($0.weight * scale).rounded())) }
            list.text(term, field: 1)
            list.integer(postings.count, field: 2)
            list.integer(frequencies.reduce(0, +), field: 3)
            var last: UInt32 = 0
            for (posting, frequency) in zip(postings, frequencies) {
                var message = ProtocolBuffer()
                // The first value is a number, the others are distances.
                message.integer(Int(posting.document - last), field: 1)
                message.integer(frequency, field: 2)
                list.message(message, field: 4)
                last = posting.document
            }
            try write(list.delimited)
        }
        for (number, document) in documents.enumerated() {
            var record = ProtocolBuffer()
            record.integer(number, field: 1)
            record.text(document.id, field: 2)
            record.integer(lengths[number], field: 3)
            try write(record.delimited)
        }
    }
}

/// Builds a Protocol Buffers message.
private struct ProtocolBuffer {
    private var bytes: [UInt8] = []

    /// The message preceded by its length.
    var delimited: [UInt8] { Self.varint(UInt64(bytes.count)) + bytes }

    /// Writes a number. Zeros are left out, as in version 3 of Protocol Buffers.
    mutating func integer(_ value: Int, field: UInt64) {
        guard value != 0 else { return }
        bytes += Self.varint(field << 3) + Self.varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func double(_ value: Double, field: UInt64) {
        guard value != 0 else { return }
        bytes += Self.varint(field << 3 | 1) + withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
    }

    mutating func text(_ text: String, field: UInt64) {
        bytes += Self.varint(field << 3 | 2) + Self.varint(UInt64(text.utf8.count)) + Array(text.utf8)
    }

    mutating func message(_ message: ProtocolBuffer, field: UInt64) {
        bytes += Self.varint(field << 3 | 2) + message.delimited
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var value = value
        var bytes: [UInt8] = []
        while value >= 0x80 {
            bytes.append(UInt8(value & 0x7F) | 0x80)
            value >>= 7
        }
        return bytes + [UInt8(value)]
    }
}
