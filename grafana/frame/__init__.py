"""What all dashboards share: colours, queries, panels, links, and how they are laid out."""
