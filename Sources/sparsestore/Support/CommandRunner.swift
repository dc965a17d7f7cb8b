internal import ArgumentParser

/// Parses arguments, runs the command they name, and turns whatever it throws into one line and an exit code.
enum CommandRunner {
    static func run(_ arguments: [String]) -> ExitStatus {
        var command: any ParsableCommand
        do {
            command = try RootCommand.parseAsRoot(arguments)
        } catch {
            return usage(error)
        }
        do {
            try command.run()
            try Output.standard.flush()
            return .success
        } catch let error where isFromParser(error) {
            return usage(error)
        } catch {
            // What was found before the failure is worth having.
            try? Output.standard.flush()
            let failure = CommandFailure(error)
            Output.complain(failure.message)
            return failure.status
        }
    }

    /// Whether the error is a request for help or a complaint about arguments, which the parser words.
    private static func isFromParser(_ error: any Error) -> Bool {
        error is CleanExit || error is ValidationError || error is ExitCode
    }

    private static func usage(_ error: any Error) -> ExitStatus {
        guard RootCommand.exitCode(for: error) != .success else {
            do {
                try Output.standard.write(RootCommand.fullMessage(for: error) + "\n")
                try Output.standard.flush()
                return .success
            } catch {
                return CommandFailure(error).status
            }
        }
        let text = RootCommand.message(for: error).split(separator: "\n").joined(separator: " ")
        Output.complain("\(text); see 'sparsestore --help'")
        return .usage
    }
}
