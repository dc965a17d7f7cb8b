@testable import SparseFormat

/// A sound value, and a way to decode any bytes in its place.
struct Sample: CustomStringConvertible {
    let name: String
    let table: TableNumber
    let key: [UInt8]
    let value: [UInt8]
    /// Whether there is only one encoding for each content.
    let isCanonical: Bool
    /// Decodes bytes completely, and encodes what was decoded. Throws what the library throws.
    let recode: (UnsafeRawBufferPointer, TableNumber, [UInt8]) throws -> [UInt8]

    var description: String { name }

    /// A record under a key.
    init<R: Record>(_ name: String, _ record: R, _ table: TableNumber, _ key: [UInt8]) {
        self.name = name
        self.table = table
        self.key = key
        value = record.sealed(in: table, key: key)
        isCanonical = true
        recode = { bytes, table, key in
            try R(sealed: bytes, in: table, key: key).sealed(in: table, key: key)
        }
    }

    init(
        _ name: String, _ table: TableNumber, _ key: [UInt8], _ value: [UInt8], isCanonical: Bool,
        recode: @escaping (UnsafeRawBufferPointer, TableNumber, [UInt8]) throws -> [UInt8]
    ) {
        self.name = name
        self.table = table
        self.key = key
        self.value = value
        self.isCanonical = isCanonical
        self.recode = recode
    }

    /// What decoding makes of damaged bytes behind a right checksum.
    enum Answer {
        case refused
        case accepted
        /// Neither an error of ours nor a value that encodes to itself.
        case wrong
    }

    /// Decodes bytes in the value's place, and what they encode to once more.
    func answer(_ bytes: UnsafeRawBufferPointer) -> Answer {
        do {
            let recoded = try recode(bytes, table, key)
            if isCanonical { return recoded.elementsEqual(bytes) ? .accepted : .wrong }
            let again = try recoded.withUnsafeBytes { try recode($0, table, key) }
            return again == recoded ? .accepted : .wrong
        } catch {
            return error is FormatError ? .refused : .wrong
        }
    }

    /// The same body with a repaired checksum, in the value's place.
    func resealed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        guard bytes.count >= ValueHeader.size else { return bytes }
        let length = UInt32(bytes.count - ValueHeader.size)
        for index in 0..<4 { bytes[12 + index] = UInt8(truncatingIfNeeded: length >> UInt32(8 * index)) }
        let checksum = bytes.withUnsafeBytes { bytes in
            key.withUnsafeBytes { ValueHeader.checksum(bytes, table: table, key: $0) }
        }
        for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: checksum >> UInt64(8 * index)) }
        return bytes
    }
}
