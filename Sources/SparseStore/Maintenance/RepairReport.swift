/// The results of a repair.
public struct RepairReport: Sendable, Hashable, Codable {
    /// A document that cannot be read, or whose token vectors cannot be read.
    public struct Damaged: Sendable, Hashable, Codable {
        /// The number of the document. If several are on one damaged page, the number of the first.
        public let number: UInt64
        /// The identifier of the document, if `ids` still has it.
        public internal(set) var id: String?
        /// A description of the damage.
        public let sentence: String
    }

    /// The number of documents that can be read. Their token vectors may be lost.
    public internal(set) var documents = 0
    /// The documents that cannot be read, at most ``maximumDamaged``.
    public internal(set) var damaged: [Damaged] = []
    /// The total number of documents that cannot be read. A damaged page counts once.
    public internal(set) var damagedCount = 0
    /// The documents that can be read except for their token vectors, at most ``maximumDamaged``.
    public internal(set) var withoutMultivector: [Damaged] = []
    /// The total number of documents that can be read except for their token vectors. They are included in
    /// ``documents``.
    public internal(set) var lostMultivectors = 0
    /// The number of term names that only one of their two entries still had.
    public internal(set) var rescuedTerms = 0
    /// The number of bookmarks that can be read.
    public internal(set) var bookmarks = 0
    /// The number of bookmarks that cannot be read. They are omitted.
    public internal(set) var lostBookmarks = 0
    /// Whether the new store was written.
    public internal(set) var isWritten = false

    /// The maximum number of damaged documents listed in a report. All of them are counted.
    public static let maximumDamaged = 1_000

    /// Whether the new store has less data than the damaged one. A lossy repair is written only on request.
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
