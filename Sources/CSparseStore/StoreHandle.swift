public import CSparseStoreHeader
internal import SparseStore

/// A store that the C interface holds.
final class StoreHandle {
    let store: Store

    init(_ store: Store) { self.store = store }
}

/// Implements `sparsestore_open` from sparsestore.h.
@_cdecl("sparsestore_open")
public func open(
    _ path: UnsafePointer<CChar>?, options: UnsafePointer<sparsestore_open_options>?,
    store: UnsafeMutablePointer<OpaquePointer?>?, error: UnsafeMutablePointer<OpaquePointer?>?
) -> sparsestore_status {
    store?.pointee = nil
    return attempt(error) {
        guard let path, let store else { throw misuse("the path or the pointer for the store is NULL", "pass both") }
        var configuration = Configuration()
        if let options {
            let options = try options.pointee.checked()
            configuration.isReadOnly = options.is_read_only != 0
            configuration.createsIfMissing = options.must_exist == 0 && options.is_read_only == 0
            if options.is_lazy != 0 { configuration.durability = .lastCommitsMayBeLost }
            if options.is_compact != 0 { configuration.profile = .compact }
            if options.is_manual != 0 { configuration.maintenance = .manual }
            if options.map_bytes > 0 { configuration.mapSize = Int(options.map_bytes) }
        }
        store.pointee = handle(StoreHandle(try Store.open(at: text(path, name: "path"), configuration: configuration)))
    }
}

/// Implements `sparsestore_close` from sparsestore.h.
@_cdecl("sparsestore_close")
public func close(_ store: OpaquePointer?) {
    (try? object(store, as: StoreHandle.self))?.store.close()
    release(store, as: StoreHandle.self)
}

/// Implements `sparsestore_upsert` from sparsestore.h.
@_cdecl("sparsestore_upsert")
public func upsert(
    _ store: OpaquePointer?, batch: UnsafePointer<sparsestore_batch>?, generation: UnsafeMutablePointer<Int64>?,
    error: UnsafeMutablePointer<OpaquePointer?>?
) -> sparsestore_status {
    attempt(error) {
        let store = try object(store, as: StoreHandle.self).store
        guard let batch else { throw misuse("the batch is NULL", "pass a batch") }
        let documents = try InputDocuments(try batch.pointee.checked())
        let commit = try store.write { transaction in
            for row in 0..<documents.count { try transaction.upsert(documents.document(row)) }
            return transaction.generation
        }
        generation?.pointee = Int64(clamping: documents.count == 0 ? commit - 1 : commit)
    }
}

/// Implements `sparsestore_remove` from sparsestore.h.
@_cdecl("sparsestore_remove")
public func remove(
    _ store: OpaquePointer?, ids: UnsafePointer<sparsestore_strings>?, removed: UnsafeMutablePointer<Int64>?,
    error: UnsafeMutablePointer<OpaquePointer?>?
) -> sparsestore_status {
    attempt(error) {
        let store = try object(store, as: StoreHandle.self).store
        let ids = try texts(ids, name: "ids")
        let count = try store.write { transaction in
            var count = 0
            for id in ids where try transaction.remove(id) { count += 1 }
            return count
        }
        removed?.pointee = Int64(count)
    }
}

/// Implements `sparsestore_optimize` from sparsestore.h.
@_cdecl("sparsestore_optimize")
public func optimize(
    _ store: OpaquePointer?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> sparsestore_status {
    attempt(error) {
        let store = try object(store, as: StoreHandle.self).store
        try store.optimize()
        try store.tune()
    }
}

/// Implements `sparsestore_stats` from sparsestore.h.
@_cdecl("sparsestore_stats")
public func statistics(
    _ store: OpaquePointer?, statistics: UnsafeMutablePointer<sparsestore_statistics>?,
    error: UnsafeMutablePointer<OpaquePointer?>?
) -> sparsestore_status {
    attempt(error) {
        guard let statistics else { throw misuse("the pointer for the statistics is NULL", "pass one") }
        let found = try object(store, as: StoreHandle.self).store.statistics()
        let size = statistics.pointee.size
        guard size >= MemoryLayout<sparsestore_statistics>.size else { throw wrongSize("sparsestore_statistics") }
        statistics.pointee = sparsestore_statistics(
            size: size, documents: Int64(found.documents), terms: Int64(found.terms), nonzeros: Int64(found.nonzeros),
            file_bytes: Int64(found.fileBytes), live_bytes: Int64(found.liveBytes),
            segments: Int64(found.segments.count), generation: Int64(clamping: found.generation))
    }
}

/// Implements `sparsestore_backup` from sparsestore.h.
@_cdecl("sparsestore_backup")
public func backup(
    _ store: OpaquePointer?, path: UnsafePointer<CChar>?, error: UnsafeMutablePointer<OpaquePointer?>?
) -> sparsestore_status {
    attempt(error) {
        guard let path else { throw misuse("the path of the backup is NULL", "pass one") }
        try object(store, as: StoreHandle.self).store.backup(to: text(path, name: "path"))
    }
}

/// The documents of a batch from the caller.
private struct InputDocuments {
    let count: Int
    private let ids: InputStrings
    private let vectors: InputRows
    private let payloads: InputStrings?
    private let tags: InputTags?
    private let columns: InputColumns
    private let tokens: InputTokens?
    private let acceptsEmptyVectors: Bool

    init(_ batch: sparsestore_batch) throws {
        guard let ids = batch.ids, let vectors = batch.vectors else {
            throw misuse("the batch has no ids or no vectors", "pass both")
        }
        self.ids = try InputStrings(ids.pointee, name: "ids")
        self.vectors = try InputRows(vectors.pointee, name: "vectors")
        let count = self.vectors.count
        payloads = try batch.payloads.map { try InputStrings($0.pointee, name: "payloads") }
        guard self.ids.count == count, payloads?.count ?? count == count else {
            throw misuse(
                "there are \(count) vectors, \(self.ids.count) ids and \(payloads?.count ?? count) payloads",
                "pass as many of each")
        }
        tags = try InputTags(batch.tags, offsets: batch.tag_offsets, rows: count)
        columns = try InputColumns(batch.columns, count: batch.column_count, rows: count)
        tokens = try batch.tokens.map { try InputTokens($0.pointee, rows: count) }
        acceptsEmptyVectors = batch.empty_vectors != 0
        self.count = count
    }

    func document(_ row: Int) throws -> Document {
        let id = try ids.text(row, name: "ids")
        let label = "row \(row), document '\(id)',"
        var document = Document(id: id, payload: payloads?.bytes(row))
        document.content = try vectors.content(row, label: label)
        guard document.content != nil || acceptsEmptyVectors else {
            throw SparseStoreError(
                .invalidVector, problem: "\(label) has no weight above zero",
                remedy: "leave it out, or set empty_vectors")
        }
        document.multivector = try tokens?.multivector(row, label: label)
        document.tags = try tags?.labels(row) ?? []
        for (name, value) in try columns.values(row) { document.attributes[name] = value }
        return document
    }
}

/// Returns the strings of a required argument.
func texts(_ strings: UnsafePointer<sparsestore_strings>?, name: String) throws -> [String] {
    guard let strings else { throw misuse("'\(name)' is NULL", "pass texts") }
    let input = try InputStrings(strings.pointee, name: name)
    return try (0..<input.count).map { try input.text($0, name: name) }
}

func wrongSize(_ name: String) -> SparseStoreError {
    misuse("the field 'size' of \(name) is wrong", "set it to sizeof(\(name)) of the header you compile with")
}

/// A structure that declares its size, so that fields can be added at its end.
protocol SizedStructure {
    var size: Int { get }
    static var name: String { get }
}

extension SizedStructure {
    /// Returns the structure if it is at least as large as in this version.
    func checked() throws -> Self {
        guard size >= MemoryLayout<Self>.size else { throw wrongSize(Self.name) }
        return self
    }
}

extension sparsestore_open_options: SizedStructure { static var name: String { "sparsestore_open_options" } }
extension sparsestore_batch: SizedStructure { static var name: String { "sparsestore_batch" } }
extension sparsestore_search_options: SizedStructure { static var name: String { "sparsestore_search_options" } }
