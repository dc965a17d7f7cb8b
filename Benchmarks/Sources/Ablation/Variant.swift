@testable import SparseStore

/// A search without one optimization.
struct Variant {
    let name: String
    var optimizations = Optimizations.all
    var effort: Effort?
    /// The index of the store to search.
    var store = 0

    /// All variants of a search with a plan or, if there is none, of an exact search.
    static func all(_ effort: Effort?) -> [Variant] {
        var variants = Optimization.allCases.compactMap { left in
            // An exact search has no cut and always scores. Read-ahead does nothing if everything is in memory.
            left == .readAhead || effort == nil && !left.keepsPlannedAnswers
                ? nil : Variant(name: words("\(left)"), optimizations: .all.without(left), effort: effort)
        }
        if case .blocks(let plan) = effort {
            var inOrder = plan
            inOrder.isBestFirst = false
            var whole = plan
            whole.headShare = 0
            return [
                Variant(name: "best first: list by list", effort: .blocks(inOrder)),
                Variant(name: "heads: every document is scored in full", effort: .blocks(whole)),
            ]
        }
        if case .windows(let plan) = effort {
            var allLevels = plan
            allLevels.floor = 0
            var allTerms = plan
            allTerms.dropped = 0
            variants.append(Variant(name: "levels: all of each chosen term are read", effort: .windows(allLevels)))
            variants.append(Variant(name: "terms left out: none is", effort: .windows(allTerms)))
        }
        return variants
    }

    /// `sharedCut` as "shared cut".
    private static func words(_ name: String) -> String {
        name.reduce("") { $0 + ($1.isUppercase ? " \($1.lowercased())" : "\($1)") }
    }
}
