internal import SparseFormat

/// One thing that is true of every sound store, and the code that looks whether it is.
///
/// A check reads what it needs by itself, so that it can be understood alone; what it finds it reports and goes on.
protocol VerificationCheck {
    /// A word for it, in reports and progress.
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
