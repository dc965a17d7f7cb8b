internal import ArgumentParser
internal import SparseInterchange

/// Where the JSON objects of another tool have the fields of a document.
struct FieldOptions: ParsableArguments {
    @Option(
        help: "The path of the id in the JSON object, with names joined by dots. (default: id, or else _id or docid)")
    var idField: String?

    @Option(
        help: "The path of the vector in the JSON object, such as vector.text. (default: vector)")
    var vectorField: String?

    /// The paths from the options, or the defaults.
    var paths: FieldPaths { FieldPaths(id: idField, vector: vectorField) }

    func validate() throws {
        for (option, path) in [("--id-field", idField), ("--vector-field", vectorField)] {
            guard let path, path.isEmpty || path.split(separator: ".", omittingEmptySubsequences: false).contains("")
            else { continue }
            throw ValidationError(
                "\(option) '\(path)' has an empty name; join names with single dots, as in vector.text")
        }
    }
}
