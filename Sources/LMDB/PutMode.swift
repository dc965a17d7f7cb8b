/// How a put treats an existing key.
package enum PutMode: Sendable, Hashable {
    case upsert
    /// The key must sort after every key of the table (otherwise `keyExists`). This is the fast way to load sorted
    /// data.
    case append
}
