internal import ArgumentParser
internal import SparseStore

/// `--profile`: what the index is made for.
enum ProfileOption: String, ExpressibleByArgument, CaseIterable {
    case fast, compact

    var profile: IndexProfile {
        switch self {
        case .fast: .fast
        case .compact: .compact
        }
    }
}
