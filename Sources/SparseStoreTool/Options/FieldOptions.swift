internal import ArgumentParser
internal import SparseInterchange

/// Where the fields of a document stand in the JSON objects of another tool.
struct FieldOptions: ParsableArguments {
    @Option(help: "The path of the id in an object, its names joined by dots. (default: id, or else _id or docid)")
    var idField: String?

    @Option(
        help: "The path of the vector in an object, its names joined by dots, such as vector.text. (default: vector)")
    var vectorField: String?

    /// The paths that were given, or the default ones.
    var paths: FieldPaths { FieldPaths(id: idField, vector: vectorField) }

    func validate() throws {
        for (option, path) in [("--id-field", idField), ("--vector-field", vectorField)] {
            guard let path, path.isEmpty || path.split(separator: ".", omittingEmptySubsequences: false).contains("")
            else { continue }
            throw ValidationError("\(option) '\(path)' has an empty name; join names by single dots, as in vector.text")
        }
    }
}
