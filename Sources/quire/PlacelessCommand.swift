/// A command that needs neither a working directory nor a state directory.
protocol PlacelessCommand {}
