/// What a store's index is made for.
public enum IndexProfile: UInt8, Sendable, Hashable, Codable, CaseIterable {
    /// Speed: segments have the exact vectors of their documents beside their lists.
    case fast = 0
    /// Few bytes: exact vectors are read from the documents, at a lookup for each that is scored.
    case compact = 1
}
