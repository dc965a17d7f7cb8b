internal import ArgumentParser
internal import SparseStore

/// The value of `--filter`: `@Option(transform: FilterExpression.parse) var filter: Filter?`.
enum FilterExpression {
    /// Parses a filter. A mistake is a usage error that names the position.
    static func parse(_ text: String) throws -> Filter {
        do {
            return try Filter.parse(text)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
