internal import ArgumentParser
internal import SparseStore

/// The value of `--feedback`: `docs=3,terms=20,weight=0.2,interpolate=0.5`, each part optional.
enum FeedbackOption {
    /// Parses the parts. A bad part is a usage error that names it.
    static func parse(_ text: String) throws -> Feedback {
        var feedback = Feedback()
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, set(pair[0], pair[1], in: &feedback) else {
                throw ValidationError(
                    "--feedback must consist of parts of 'docs=3,terms=20,weight=0.2,interpolate=0.5', not '\(part)'")
            }
        }
        return feedback
    }

    private static func set(_ key: String, _ value: String, in feedback: inout Feedback) -> Bool {
        switch key {
        case "docs":
            guard let count = Int(value), (1...1_000).contains(count) else { return false }
            feedback.source = .best(count)
        case "terms":
            guard let count = Int(value), (1...10_000).contains(count) else { return false }
            feedback.terms = count
        case "weight":
            guard let weight = Float(value), (0...100).contains(weight) else { return false }
            feedback.weight = weight
        case "interpolate":
            guard let weight = Double(value), (0...1).contains(weight) else { return false }
            feedback.interpolation = .weightedSum(.minMax, weight: weight)
        default: return false
        }
        return true
    }
}
