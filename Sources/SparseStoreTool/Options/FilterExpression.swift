internal import ArgumentParser
internal import SparseStore

/// The value of `--filter`: `@Option(transform: FilterExpression.parse) var filter: Filter?`.
enum FilterExpression {
    /// Reads a filter; what is wrong with it becomes a usage error that names the place.
    static func parse(_ text: String) throws -> Filter {
        do {
            return try Filter.parse(text)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
