internal import ArgumentParser
internal import SparseStore

/// The value of `--profile`: the profile of the index.
enum ProfileOption: String, ExpressibleByArgument, CaseIterable {
    case fast, compact

    var profile: IndexProfile {
        switch self {
        case .fast: .fast
        case .compact: .compact
        }
    }
}
