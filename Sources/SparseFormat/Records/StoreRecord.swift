/// The record that says what the file is (table meta, key `store`). It is read before anything else.
///
/// Decoding accepts unknown versions and features, so that `checkOpenable` can name them.
package struct StoreRecord: Record {
    package static let kind = RecordKind.store
    /// `SPARSEST` in ASCII.
    package static let magic: UInt64 = 0x5453_4553_5241_5053
    package static let currentMajor: UInt16 = 1
    package static let currentMinor: UInt16 = 0
    // No feature bit is defined yet.
    package static let knownReadOnlyCompatibleFeatures: UInt64 = 0
    package static let knownIncompatibleFeatures: UInt64 = 0

    package var formatMajor: UInt16
    package var formatMinor: UInt16
    /// Features that an older library may ignore.
    package var compatibleFeatures: UInt64
    /// Features that an older library may ignore if it only reads.
    package var readOnlyCompatibleFeatures: UInt64
    /// Features that a library must know to read the store correctly.
    package var incompatibleFeatures: UInt64
    /// LMDB's page size when the store was created.
    package var pageSize: UInt32
    /// Seconds since 1970-01-01 00:00:00 UTC.
    package var createdAt: UInt64
    package var uuid: StoreUUID

    package init(
        formatMajor: UInt16 = StoreRecord.currentMajor, formatMinor: UInt16 = StoreRecord.currentMinor,
        compatibleFeatures: UInt64 = 0, readOnlyCompatibleFeatures: UInt64 = 0, incompatibleFeatures: UInt64 = 0,
        pageSize: UInt32, createdAt: UInt64, uuid: StoreUUID
    ) {
        self.formatMajor = formatMajor
        self.formatMinor = formatMinor
        self.compatibleFeatures = compatibleFeatures
        self.readOnlyCompatibleFeatures = readOnlyCompatibleFeatures
        self.incompatibleFeatures = incompatibleFeatures
        self.pageSize = pageSize
        self.createdAt = createdAt
        self.uuid = uuid
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        guard try body.u64() == Self.magic else { throw FormatError(.storeMagic) }
        formatMajor = try body.u16()
        formatMinor = try body.u16()
        compatibleFeatures = try body.u64()
        readOnlyCompatibleFeatures = try body.u64()
        incompatibleFeatures = try body.u64()
        pageSize = try body.u32()
        guard pageSize.nonzeroBitCount == 1, (512...65_536).contains(pageSize) else {
            throw FormatError(.pageSize, "\(pageSize)")
        }
        createdAt = try body.u64()
        uuid = StoreUUID(high: try body.u64().byteSwapped, low: try body.u64().byteSwapped)
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u64(Self.magic)
        writer.u16(formatMajor)
        writer.u16(formatMinor)
        writer.u64(compatibleFeatures)
        writer.u64(readOnlyCompatibleFeatures)
        writer.u64(incompatibleFeatures)
        writer.u32(pageSize)
        writer.u64(createdAt)
        // The bytes of the UUID are in the order in which it is printed.
        writer.u64(uuid.high.byteSwapped)
        writer.u64(uuid.low.byteSwapped)
    }

    /// Throws if this library must not open the store.
    package func checkOpenable(readOnly: Bool) throws(FormatError) {
        guard formatMajor == Self.currentMajor else {
            throw located(
                .unsupportedVersion, "format \(formatMajor).\(formatMinor), this library knows \(Self.currentMajor)")
        }
        let incompatible = incompatibleFeatures & ~Self.knownIncompatibleFeatures
        guard incompatible == 0 else {
            throw located(.unknownFlags, "incompatible features 0x" + String(incompatible, radix: 16))
        }
        let writing = readOnlyCompatibleFeatures & ~Self.knownReadOnlyCompatibleFeatures
        guard readOnly || writing == 0 else {
            throw located(.unknownFlags, "features 0x\(String(writing, radix: 16)) allow reading only")
        }
    }

    private func located(_ code: FormatError.Code, _ detail: String) -> FormatError {
        Keys.store.withUnsafeBytes { FormatError(code, detail).at(.meta, key: $0) }
    }
}

/// 16 random bytes that identify a store.
package struct StoreUUID: Sendable, Hashable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package static func random() -> StoreUUID {
        // Version 4, variant 1 of RFC 9562.
        let high = UInt64.random(in: .min ... .max) & ~0xF000 | 0x4000
        let low = UInt64.random(in: .min ... .max) & ~(3 << 62) | 2 << 62
        return StoreUUID(high: high, low: low)
    }

    package var description: String {
        let digits = Array(withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Hexadecimal.text($0) })
        return [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
            .map { String($0) }.joined(separator: "-")
    }
}

/// The kind of terms of a store. The first write determines it permanently.
package enum TermSpace: UInt8, Sendable {
    case undecided = 0
    /// Strings, which the vocabulary numbers.
    case strings = 1
    /// Numbers chosen by the caller; the vocabulary is empty.
    case numbers = 2
}

/// The trade-off between speed and size that an index is built for.
public enum IndexProfile: UInt8, Sendable, Hashable, CaseIterable {
    /// Optimized for speed: segments have the exact vectors of their documents next to their lists.
    case fast = 0
    /// Optimized for size: exact vectors are read from the documents, with one lookup for each scored document.
    case compact = 1
}

extension IndexProfile: CustomStringConvertible {
    /// The name of the profile: `fast` or `compact`.
    public var description: String {
        switch self {
        case .fast: "fast"
        case .compact: "compact"
        }
    }
}
