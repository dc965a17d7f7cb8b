/// The JSON field that becomes a document's payload.
public enum PayloadField: Sendable, Hashable {
    /// `content`, or else `contents`.
    case content
    /// No payload.
    case none
    /// The string field with this name.
    case named(String)
}
