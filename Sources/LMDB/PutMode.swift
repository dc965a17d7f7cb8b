/// What a put does with a key that is there already.
package enum PutMode: Sendable, Hashable {
    case upsert
    /// The key must sort after every key of the table (`keyExists` otherwise): the fast way to load sorted data.
    case append
}
