public import CSparseStoreHeader
internal import SparseStore

/// Implements `sparsestore_update` from sparsestore.h.
@_cdecl("sparsestore_update")
public func update(
    _ store: OpaquePointer?, changes: UnsafePointer<sparsestore_changes>?, updated: UnsafeMutablePointer<Int64>?,
    error: UnsafeMutablePointer<OpaquePointer?>?
) -> sparsestore_status {
    attempt(error) {
        let store = try object(store, as: StoreHandle.self).store
        guard let changes else { throw misuse("the changes are NULL", "pass changes") }
        let given = try changes.pointee.checked()
        let ids = try texts(given.ids, name: "ids")
        let tags = try InputTags(given.tags, offsets: given.tag_offsets, rows: ids.count)
        let columns = try InputColumns(given.columns, count: given.column_count, rows: ids.count)
        let count = try store.write { transaction in
            var count = 0
            for (row, id) in ids.enumerated() {
                let (labels, values) = (try tags?.labels(row), try columns.values(row))
                let isThere = try transaction.update(id) { fields in
                    if let labels { fields.tags = labels }
                    for (name, value) in values { fields.attributes[name] = value }
                }
                if isThere { count += 1 }
            }
            return count
        }
        updated?.pointee = Int64(count)
    }
}

/// Implements `sparsestore_remove_where` from sparsestore.h.
@_cdecl("sparsestore_remove_where")
public func removeWhere(
    _ store: OpaquePointer?, filter: UnsafePointer<CChar>?, removed: UnsafeMutablePointer<Int64>?,
    error: UnsafeMutablePointer<OpaquePointer?>?
) -> sparsestore_status {
    attempt(error) {
        let store = try object(store, as: StoreHandle.self).store
        guard let filter = try filter.map(parse) else {
            throw misuse("the filter is NULL", "pass the filter of the documents to remove")
        }
        removed?.pointee = Int64(try store.write { try $0.remove(where: filter) })
    }
}

/// Implements `sparsestore_count` from sparsestore.h.
@_cdecl("sparsestore_count")
public func count(
    _ store: OpaquePointer?, filter: UnsafePointer<CChar>?, count: UnsafeMutablePointer<Int64>?,
    error: UnsafeMutablePointer<OpaquePointer?>?
) -> sparsestore_status {
    attempt(error) {
        guard let count else { throw misuse("the pointer for the count is NULL", "pass one") }
        let filter = try filter.map(parse)
        count.pointee = Int64(try object(store, as: StoreHandle.self).store.read { try $0.count(where: filter) })
    }
}

/// Implements `sparsestore_facets` from sparsestore.h.
@_cdecl("sparsestore_facets")
public func facets(
    _ store: OpaquePointer?, attribute: UnsafePointer<CChar>?, filter: UnsafePointer<CChar>?, limit: Int32,
    result: UnsafeMutablePointer<OpaquePointer?>?, error: UnsafeMutablePointer<OpaquePointer?>?
) -> sparsestore_status {
    result?.pointee = nil
    return attempt(error) {
        guard let attribute, let result else {
            throw misuse("the attribute or the pointer for the result is NULL", "pass both")
        }
        let (name, filter) = (String(cString: attribute), try filter.map(parse))
        result.pointee = handle(
            try object(store, as: StoreHandle.self).store.read { snapshot in
                let facets = try snapshot.facets(name, where: filter, limit: limit == 0 ? 20 : Int(limit))
                let results = SearchResults(
                    [facets.map { _ in AnsweredHit(id: "") }], generation: snapshot.generation, fields: 0)
                results.columns = [
                    OutputColumn(name, facets.map(\.value)),
                    OutputColumn("count", facets.map { .integer(Int64($0.count)) }),
                ]
                return results
            })
    }
}

/// Implements `sparsestore_list` from sparsestore.h.
@_cdecl("sparsestore_list")
public func list(
    _ store: OpaquePointer?, options: UnsafePointer<sparsestore_list_options>?,
    result: UnsafeMutablePointer<OpaquePointer?>?, error: UnsafeMutablePointer<OpaquePointer?>?
) -> sparsestore_status {
    result?.pointee = nil
    return attempt(error) {
        guard let result else { throw misuse("the pointer for the result is NULL", "pass one") }
        let given = try options?.pointee.checked() ?? sparsestore_list_options()
        let filter = try given.filter.map(parse)
        let order = ListOrder(by: given.order.map { String(cString: $0) }, isDescending: given.is_descending != 0)
        let after = try given.after.map { text in
            guard let cursor = Cursor(String(cString: text)) else {
                throw misuse("the cursor is not valid", "pass a cursor from sparsestore_result_cursor, or NULL")
            }
            return cursor
        }
        result.pointee = handle(
            try object(store, as: StoreHandle.self).store.read { snapshot in
                let page = try snapshot.list(
                    where: filter, order: order, limit: given.limit == 0 ? 20 : Int(given.limit), after: after)
                let results = SearchResults(
                    [page.documents.map { AnsweredHit($0, fields: given.fields) }], generation: snapshot.generation,
                    fields: given.fields)
                results.cursor = page.cursor.map { OutputArray($0.description.utf8CString) }
                return results
            })
    }
}

/// Returns the filter that a text describes.
func parse(_ filter: UnsafePointer<CChar>) throws -> Filter { try Filter.parse(text(filter, name: "filter")) }

extension sparsestore_changes: SizedStructure { static var name: String { "sparsestore_changes" } }
extension sparsestore_list_options: SizedStructure { static var name: String { "sparsestore_list_options" } }
