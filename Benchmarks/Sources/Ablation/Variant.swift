@testable import SparseStore

/// A search that leaves one idea out.
struct Variant {
    let name: String
    var optimisations = Optimisations.all
    var plan: ScanPlan?
    /// Whose store is searched: the position among the opened ones.
    var store = 0

    /// All that a search can do without, with a plan or, if there is none, exactly.
    static func all(_ plan: ScanPlan?) -> [Variant] {
        var variants = Optimisation.allCases.compactMap { left in
            // An exact search has no cut and always scores; and memory that holds all is never asked of the disk.
            left == .readAhead || plan == nil && !left.keepsPlannedAnswers
                ? nil : Variant(name: words("\(left)"), optimisations: .all.without(left), plan: plan)
        }
        if let plan {
            var allLevels = plan
            allLevels.floor = 0
            var allTerms = plan
            allTerms.dropped = 0
            variants.append(Variant(name: "levels: all of each chosen term are read", plan: allLevels))
            variants.append(Variant(name: "terms left out: none is", plan: allTerms))
        }
        return variants
    }

    /// `sharedCut` as "shared cut".
    private static func words(_ name: String) -> String {
        name.reduce("") { $0 + ($1.isUppercase ? " \($1.lowercased())" : "\($1)") }
    }
}
