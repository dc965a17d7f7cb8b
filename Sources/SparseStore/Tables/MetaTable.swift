internal import LMDB
internal import SparseFormat

/// The records that describe a store and its state as of one commit.
struct MetaTable {
    let tables: Tables
    let reader: Reader

    func store() throws -> StoreRecord {
        guard let record = try StoreRecord(from: tables.meta, .meta, key: Keys.store, reader) else {
            throw SparseStoreError(
                .notAStore, "the file has no store record, so it is not a SparseStore file; check the path")
        }
        return record
    }

    func manifest() throws -> ManifestRecord {
        guard let record = try ManifestRecord(from: tables.meta, .meta, key: Keys.manifest, reader) else {
            throw SparseStoreError(.corrupted, "the store has no manifest; restore it from a backup")
        }
        return record
    }

    func tuning() throws -> TuningRecord? {
        try TuningRecord(from: tables.meta, .meta, key: Keys.tuning, reader)
    }

    /// Returns the claim of a merge, which may belong to this process, another, or a dead one.
    func merge() throws -> ClaimRecord? {
        try ClaimRecord(from: tables.meta, .meta, key: Keys.merge, reader)
    }

    /// Returns the segments that no manifest names and whose parts are kept for their space.
    func retired() throws -> [UInt32] {
        try RetiredRecord(from: tables.meta, .meta, key: Keys.retired, reader)?.segments ?? []
    }

    /// Returns the record of the block index, if there is one.
    func blocks() throws -> BlockIndexRecord? {
        try BlockIndexRecord(from: tables.meta, .meta, key: Keys.blocks, reader)
    }

    /// Returns the record of the block index; nil also if the record is damaged.
    func readableBlocks() throws -> BlockIndexRecord? {
        do {
            return try blocks()
        } catch is FormatError {
            return nil
        }
    }

    /// Returns the encoder of the store's vectors, if it was set.
    func encoder() throws -> EncoderRecord? {
        try EncoderRecord(from: tables.meta, .meta, key: Keys.encoder, reader)
    }

    /// Returns the attributes that documents have ever had.
    func attributeSchema() throws -> AttributeSchemaRecord {
        try AttributeSchemaRecord(from: tables.meta, .meta, key: Keys.attributes, reader) ?? AttributeSchemaRecord()
    }

    func bookmark(_ name: String) throws -> [UInt8]? {
        try BookmarkRecord(from: tables.meta, .meta, key: Keys.bookmark(name), reader)?.bytes
    }
}

extension MetaTable {
    static func put(_ manifest: ManifestRecord, _ tables: Tables, _ writer: Writer) throws {
        try manifest.put(into: tables.meta, .meta, key: Keys.manifest, writer)
    }

    static func put(retired segments: [UInt32], _ tables: Tables, _ writer: Writer) throws {
        if segments.isEmpty {
            _ = try writer.delete(tables.meta, Keys.retired)
        } else {
            try RetiredRecord(segments: segments).put(into: tables.meta, .meta, key: Keys.retired, writer)
        }
    }

    /// Writes the record of the block index; nil removes it.
    static func put(blocks: BlockIndexRecord?, _ tables: Tables, _ writer: Writer) throws {
        if let blocks {
            try blocks.put(into: tables.meta, .meta, key: Keys.blocks, writer)
        } else {
            _ = try writer.delete(tables.meta, Keys.blocks)
        }
    }

    static func put(encoder: EncoderRecord, _ tables: Tables, _ writer: Writer) throws {
        try encoder.put(into: tables.meta, .meta, key: Keys.encoder, writer)
    }

    static func put(_ schema: AttributeSchemaRecord, _ tables: Tables, _ writer: Writer) throws {
        try schema.put(into: tables.meta, .meta, key: Keys.attributes, writer)
    }

    static func putBookmark(_ name: String, _ bytes: [UInt8]?, _ tables: Tables, _ writer: Writer) throws {
        let key = Keys.bookmark(name)
        if let bytes {
            try BookmarkRecord(bytes: bytes).put(into: tables.meta, .meta, key: key, writer)
        } else {
            _ = try writer.delete(tables.meta, key)
        }
    }
}
