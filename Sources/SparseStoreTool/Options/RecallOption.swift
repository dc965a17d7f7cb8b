internal import ArgumentParser
internal import SparseStore

/// The value of `--recall`: exact, fast, or the fraction of the true top hits to find.
struct RecallOption: ExpressibleByArgument, CustomStringConvertible {
    let recall: Recall
    let description: String

    init?(argument: String) {
        switch argument {
        case "exact": recall = .exact
        case "fast": recall = .fast
        default:
            guard let share = Double(argument), share > 0, share <= 1 else { return nil }
            recall = .target(share)
        }
        description = argument
    }

    /// The default of the engine.
    static let standard = RecallOption(share: 0.95)

    private init(share: Double) {
        recall = .target(share)
        description = "\(share)"
    }

    var defaultValueDescription: String { description }
}
