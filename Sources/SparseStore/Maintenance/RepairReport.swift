/// What a repair has found and kept.
public struct RepairReport: Sendable, Hashable, Codable {
    /// A document that cannot be read, or whose token vectors cannot.
    public struct Damaged: Sendable, Hashable, Codable {
        /// Its number; that of the first when several lie on one damaged page.
        public let number: UInt64
        /// Its identifier, where `ids` still tells it.
        public internal(set) var id: String?
        /// What is wrong with it.
        public let sentence: String
    }

    /// Documents that can be read, each with everything that belongs to it but for lost token vectors.
    public internal(set) var documents = 0
    /// Documents that cannot, at most ``maximumDamaged``.
    public internal(set) var damaged: [Damaged] = []
    /// How many cannot, those beyond the maximum too; a damaged page counts once.
    public internal(set) var damagedCount = 0
    /// Documents that can be read without their token vectors, which cannot; at most ``maximumDamaged``.
    public internal(set) var withoutMultivector: [Damaged] = []
    /// How many there are, those beyond the maximum too. They are counted in ``documents`` as well.
    public internal(set) var lostMultivectors = 0
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

    /// Whether the new store has less than the damaged one had: such a one is written on request only.
    public var isLossy: Bool { damagedCount > 0 || lostMultivectors > 0 }

    mutating func add(_ number: UInt64, _ loss: Salvage.Loss) {
        switch loss {
        case .document(let sentence):
            damagedCount += 1
            if damaged.count < Self.maximumDamaged { damaged.append(Damaged(number: number, sentence: sentence)) }
        case .multivector(let sentence):
            lostMultivectors += 1
            if withoutMultivector.count < Self.maximumDamaged {
                withoutMultivector.append(Damaged(number: number, sentence: sentence))
            }
        }
    }
}
