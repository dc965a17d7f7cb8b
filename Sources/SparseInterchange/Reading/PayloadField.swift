/// Which JSON field becomes a document's payload.
public enum PayloadField: Sendable, Hashable {
    /// `content`, or `contents` where there is no `content`.
    case content
    /// No payload.
    case none
    /// The string field of this name.
    case named(String)
}
