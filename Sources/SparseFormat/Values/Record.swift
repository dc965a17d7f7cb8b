/// A value that is decoded into memory as a whole.
///
/// Whatever `init(body:flags:)` accepts, `encodeBody` writes back byte for byte: there is one encoding for each
/// value.
package protocol Record: Equatable, Sendable {
    static var kind: RecordKind { get }
    /// The newest version of the layout.
    static var version: UInt8 { get }
    /// The version that this value is written in.
    var version: UInt8 { get }
    func encodeBody(into writer: inout ByteWriter)
    /// Decodes a body of the newest version.
    init(body: inout ByteReader, flags: UInt16) throws(FormatError)
    /// Decodes a body of a version up to the newest. Without an implementation, only the newest is known.
    init(body: inout ByteReader, version: UInt8, flags: UInt16) throws(FormatError)
}

extension Record {
    package static var version: UInt8 { 1 }
    package var version: UInt8 { Self.version }

    package init(body: inout ByteReader, version: UInt8, flags: UInt16) throws(FormatError) {
        guard version == Self.version else {
            throw FormatError(.unsupportedVersion, "version \(version), this library knows \(Self.version)")
        }
        try self.init(body: &body, flags: flags)
    }

    /// The value to store under the key.
    package func sealed(in table: TableNumber, key: [UInt8]) -> [UInt8] {
        Value.seal(kind: Self.kind, version: version, table: table, key: key) { encodeBody(into: &$0) }
    }

    /// Decodes the value that stands under the key.
    package init(sealed bytes: UnsafeRawBufferPointer, in table: TableNumber, key: UnsafeRawBufferPointer)
        throws(FormatError)
    {
        let body = try Value.open(bytes, kind: Self.kind, table: table, key: key)
        do throws(FormatError) {
            guard (1...Self.version).contains(body.version) else {
                throw FormatError(.unsupportedVersion, "version \(body.version), this library knows \(Self.version)")
            }
            guard body.flags == 0 else { throw FormatError(.unknownFlags, "flags \(body.flags)") }
            var reader = ByteReader(body.bytes)
            self = try Self(body: &reader, version: body.version, flags: body.flags)
            try reader.finish()
        } catch {
            throw error.at(table, key: key)
        }
    }

    /// The same for a key in an array.
    package init(sealed bytes: UnsafeRawBufferPointer, in table: TableNumber, key: [UInt8]) throws(FormatError) {
        let decoded = key.withUnsafeBytes { key in
            Result { () throws(FormatError) -> Self in try Self(sealed: bytes, in: table, key: key) }
        }
        self = try decoded.get()
    }
}

/// The kind of a value, which is the byte at offset 8 of its header. A number is never reused for another kind.
package enum RecordKind: UInt8, Sendable, CaseIterable {
    case store = 1
    case manifest = 2
    case bookmark = 3
    case identifier = 4
    case document = 5
    case termID = 6
    case termName = 7
    case statisticsPage = 8
    case statisticsDelta = 9
    case segmentDirectory = 10
    case segmentChunk = 11
    case tombstonePage = 12
    case dictionary = 13
    case segmentDocuments = 14
    case segmentForward = 15
    case tuning = 16
    case segmentTags = 17
    case segmentOrder = 18
    case attributeSchema = 25
    case segmentColumn = 26
    case multivector = 19
    case multivectorCodec = 20
    case claim = 21
    case retired = 22
    case blockIndex = 23
    case blockDirectory = 24
    case multivectorSettings = 28
    case encoder = 29

    /// The newest version of the kind's layout. A library reads that and all before.
    package var newestVersion: UInt8 {
        switch self {
        case .blockDirectory: BlockNumbers.sharedVersion
        case .tuning: TuningRecord.version
        default: 1
        }
    }
}

/// The tables of a store. The number enters every checksum (FORMAT.md, "Value header"), so it never changes.
package enum TableNumber: UInt8, Sendable, CaseIterable {
    case meta = 1
    case ids = 2
    case documents = 3
    case multivectors = 4
    case vocabulary = 5
    case statistics = 6
    case segments = 7
    case tombstones = 8
    case dictionaries = 9
    case changes = 10

    /// The name of the LMDB database.
    package var name: String {
        switch self {
        case .meta: "meta"
        case .ids: "ids"
        case .documents: "documents"
        case .multivectors: "multivectors"
        case .vocabulary: "vocabulary"
        case .statistics: "statistics"
        case .segments: "segments"
        case .tombstones: "tombstones"
        case .dictionaries: "dictionaries"
        case .changes: "changes"
        }
    }
}
