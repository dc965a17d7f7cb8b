internal import SparseFormat

/// A check of one property of every sound store.
///
/// A check reads everything it needs itself, so that it can be understood alone. It reports violations and continues.
protocol VerificationCheck {
    /// The name of the check in reports and progress.
    static var name: String { get }
    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws
}

/// The checks of each level, cheap and basic ones first.
enum VerificationChecks {
    static func checks(of level: VerificationLevel) -> [any VerificationCheck.Type] {
        let basic: [any VerificationCheck.Type] = [
            DictionariesCheck.self, DeltasCheck.self, TombstonesCheck.self, ChangesCheck.self, MergesCheck.self,
            OrphansCheck.self, SegmentsCheck.self, BlocksCheck.self,
        ]
        return switch level {
        case .quick: basic + [CountsCheck.self]
        case .deep:
            basic + [
                VocabularyCheck.self, IdentifiersCheck.self, DocumentsCheck.self, VectorsCheck.self, TagsCheck.self,
                ColumnsCheck.self, PostingsCheck.self, BlockContentsCheck.self, MultivectorsCheck.self,
            ]
        }
    }
}
