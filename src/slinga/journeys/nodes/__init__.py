"""journeys/nodes"""
