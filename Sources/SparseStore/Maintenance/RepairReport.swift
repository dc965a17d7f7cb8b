/// What a repair has found and kept.
public struct RepairReport: Sendable, Hashable, Codable {
    /// A document that cannot be read.
    public struct Damaged: Sendable, Hashable, Codable {
        /// Its number; that of the first when several lie on one damaged page.
        public let number: UInt64
        /// Its identifier, where `ids` still tells it.
        public internal(set) var id: String?
        /// What is wrong with it.
        public let sentence: String
    }

    /// Documents that can be read, each with everything that belongs to it.
    public internal(set) var documents = 0
    /// Documents that cannot, at most ``maximumDamaged``.
    public internal(set) var damaged: [Damaged] = []
    /// How many cannot, those beyond the maximum too; a damaged page counts once.
    public internal(set) var damagedCount = 0
    /// Names of terms that only one of their two entries still told.
    public internal(set) var rescuedTerms = 0
    /// Bookmarks that can be read.
    public internal(set) var bookmarks = 0
    /// Bookmarks that cannot; they are left out.
    public internal(set) var lostBookmarks = 0
    /// Whether the new store was written.
    public internal(set) var isWritten = false

    /// Damaged documents that a report holds; more are counted only.
    public static let maximumDamaged = 1_000

    mutating func add(_ number: UInt64, _ sentence: String) {
        damagedCount += 1
        if damaged.count < Self.maximumDamaged { damaged.append(Damaged(number: number, sentence: sentence)) }
    }
}
