/// The tables of a store. The number enters every checksum (FORMAT.md, "Value header"), so it never changes.
package enum TableNumber: UInt8, Sendable, CaseIterable {
    case meta = 1
    case ids = 2
    case documents = 3
    case multivectors = 4
    case vocabulary = 5
    case statistics = 6
    case segments = 7
    case tombstones = 8
    case dictionaries = 9
    case changes = 10

    /// The name of the LMDB database.
    package var name: String {
        switch self {
        case .meta: "meta"
        case .ids: "ids"
        case .documents: "documents"
        case .multivectors: "multivectors"
        case .vocabulary: "vocabulary"
        case .statistics: "statistics"
        case .segments: "segments"
        case .tombstones: "tombstones"
        case .dictionaries: "dictionaries"
        case .changes: "changes"
        }
    }
}
