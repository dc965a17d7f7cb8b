/// How much of a store is verified.
public enum VerificationLevel: String, Sendable, Hashable, Codable {
    /// What the file is, its manifest, its counters, and that every segment is whole: seconds, whatever the size.
    case quick
    /// Every checksum of every value, and every invariant of FORMAT.md: reads the whole store several times.
    case deep
}
